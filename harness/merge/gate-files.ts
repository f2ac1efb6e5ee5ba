import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type GateResult, gateResultSchema } from '../gate/gate-result.ts'
import { RecordError, runDirectory } from '../record-store.ts'
import { replaceFile } from '../replace-file.ts'

const fileName = 'gate.json'

/** Whether there is the result of a gate at this path, be it damaged: in a file, or in its directory. */
export function holdsGate(path: string): boolean {
  try {
    return readFileSync(fileIn(path), 'utf8').includes('"gateSchemaVersion"')
  } catch {
    return false
  }
}

/** @throws RecordError for what this sockbench cannot read as a whole */
export function loadGate(path: string): GateResult {
  const parsed = gateResultSchema.safeParse(contentOf(path))
  if (parsed.success) return parsed.data
  const [{ path: place, message }] = parsed.error.issues
  throw new RecordError(
    `${path} does not match the schema of a gate's result at ${place.join('.') || 'its root'} (${message}): ` +
      'merge it with the sockbench that wrote it, or gate again',
  )
}

function contentOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(fileIn(path), 'utf8'))
  } catch {
    throw new RecordError(`${path} is not whole JSON: the file is damaged, gate again`)
  }
}

function fileIn(path: string): string {
  return statSync(path).isDirectory() ? join(path, fileName) : path
}

/**
 * Writes `<base>/gates/<UTC of merging>-<short sha>/gate.json`, whole or not at all: the raw records
 * stay with the shards.
 * @returns its path
 * @throws RecordError where it cannot be written
 */
export function saveMergedGate(base: string, merged: GateResult): string {
  const name = basename(runDirectory(base, new Date().toISOString(), merged.head.gitSha))
  const directory = join(base, 'gates', name)
  const path = join(directory, fileName)
  const text = `${JSON.stringify(gateResultSchema.parse(merged), null, 2)}\n`
  try {
    mkdirSync(directory, { recursive: true })
    replaceFile(path, text)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new RecordError(
      `cannot write ${path}: ${code}; free space there, or choose another place with --out`,
    )
  }
  return path
}
