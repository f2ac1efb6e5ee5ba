import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Failed } from '../driven-subject.ts'
import { destination } from './clinic-process.ts'
import type { ClinicTool } from './tools.ts'

/**
 * clinic ends with 0 whatever has become of its work, so what it leaves is looked at: a data directory
 * with something in each file.
 * @returns its path
 */
export function dataIn(directory: string, tool: ClinicTool): { data: string } | Failed {
  const place = join(directory, destination)
  const suffix = `.clinic-${tool.command}`
  const entries = existsSync(place) ? readdirSync(place) : []
  const name = entries.find(entry => entry.endsWith(suffix))
  if (name === undefined) return missing(tool, 'data directory')
  const data = join(place, name)
  const empty = tool.dataFiles.find(file => !hasContent(dataFile(data, file)))
  return empty === undefined
    ? { data }
    : missing(tool, `data: ${name}-${empty} is missing or empty`)
}

/** And a page, of that data, with its end. */
export function pageOf(data: string, tool: ClinicTool): { page: string } | Failed {
  const page = `${data}.html`
  if (!hasContent(page)) return missing(tool, 'page')
  if (readFileSync(page, 'utf8').includes('</html>')) return { page }
  return missing(tool, 'whole page: its end is missing')
}

/** `…/4711.clinic-flame/4711.clinic-flame-samples` */
export function dataFile(data: string, kind: string): string {
  return join(data, `${data.slice(data.lastIndexOf('/') + 1)}-${kind}`)
}

function missing({ name }: ClinicTool, what: string): Failed {
  return { state: 'failed', reason: `${name} ended as if all were well, and wrote no ${what}` }
}

function hasContent(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0
}
