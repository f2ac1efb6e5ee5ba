import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Of a checkout, what its subjects and drivers are compiled from. */
const sourceFolders = ['harness', 'implementations', 'scenarios']

/**
 * A warning where sources of a checkout changed after its build, so that something else may be measured
 * than is read there. By the times of files, which a clone sets when it writes them and a build then
 * follows; none where there are no sources, or nobody knows when they were built.
 */
export function staleBuildWarnings(checkout: string): string[] {
  const builtMs = modifiedMs(join(checkout, 'dist', '.tsbuildinfo'))
  if (builtMs === undefined) return []
  const [newer, ...others] = sourcesOf(checkout).filter(
    path => (modifiedMs(join(checkout, path)) ?? builtMs) > builtMs,
  )
  if (newer === undefined) return []
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return [`${newer}${more} changed after ${checkout} was built: run \`npm run build\` there`]
}

function sourcesOf(checkout: string): string[] {
  return sourceFolders.flatMap(folder => {
    const path = join(checkout, folder)
    if (!existsSync(path)) return []
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
    return names.filter(isCompiled).map(name => join(folder, name))
  })
}

/** Tests are compiled, too, and change nothing that is measured. */
function isCompiled(name: string): boolean {
  return name.endsWith('.ts') && !name.endsWith('.test.ts')
}

function modifiedMs(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}
