import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { ownCheckout } from '../../revisions/checkout.ts'

export interface Clinic {
  /** The executable, a script of Node's. */
  path: string
  /** As its package.json says; null if there is none. */
  version: string | null
}

export const installClinic =
  'clinic is not installed; get it with `npm install --no-save clinic@13` (some 700 packages), then try again'

/**
 * The clinic of the project that is worked in, of this checkout, or on PATH: whichever comes first.
 * @param directories where PATH looks
 */
export function findClinic(
  workingDirectory: string = process.cwd(),
  directories: readonly string[] = (process.env.PATH ?? '').split(delimiter),
): Clinic | undefined {
  const places = [
    ...withParents(workingDirectory).map(binariesOf),
    binariesOf(ownCheckout),
    ...directories.filter(directory => directory !== ''),
  ]
  const path = places.map(place => join(place, 'clinic')).find(isExecutable)
  return path === undefined ? undefined : { path, version: versionOf(path) }
}

function binariesOf(project: string): string {
  return join(project, 'node_modules', '.bin')
}

function withParents(directory: string): string[] {
  const path = resolve(directory)
  const parent = dirname(path)
  return parent === path ? [path] : [path, ...withParents(parent)]
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function versionOf(path: string): string | null {
  const manifest = join(dirname(realpathSync(path)), 'package.json')
  if (!existsSync(manifest)) return null
  const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>
  return name === 'clinic' && typeof version === 'string' ? version : null
}
