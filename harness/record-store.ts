import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { z } from 'zod'
import { exitCodes } from './errors.ts'
import { recordSchema, type SockbenchRecord, schemaVersion } from './record.ts'
import { replaceFile } from './replace-file.ts'

/** A record that cannot be written or read; the message is one line that says what to do. */
export class RecordError extends Error {
  override readonly name = 'RecordError'
  readonly exitCode = exitCodes.runFailed
}

const fileName = 'record.json'

/**
 * Where a run keeps its record: `<base>/runs/<UTC>-<short sha>`, to the millisecond, so that two
 * runs never share one.
 * @param startedAt ISO 8601, UTC, as in the record
 */
export function runDirectory(base: string, startedAt: string, gitSha: string | null): string {
  const compact = startedAt.replaceAll(/[-:.]/g, '')
  return join(base, 'runs', `${compact}-${gitSha?.slice(0, 8) ?? 'nogit'}`)
}

/** Finds out before anything is measured that nothing could be kept. */
export function prepareStore(base: string): void {
  const runs = join(base, 'runs')
  try {
    mkdirSync(runs, { recursive: true })
    accessSync(runs, constants.W_OK)
  } catch (error) {
    throw new RecordError(
      `cannot keep records in ${runs}: ${causeOf(error)}; choose another place with --out`,
    )
  }
}

/**
 * Writes `<directory>/record.json`, whole or not at all: to a temporary name beside it, then
 * flushed, then renamed. An older record stays as it was when anything fails.
 * @returns the path of the record
 */
export function saveRecord(directory: string, record: SockbenchRecord): string {
  const path = join(directory, fileName)
  const parsed = recordSchema.safeParse(record)
  if (!parsed.success) {
    throw new RecordError(
      `this record is not kept: it breaks the record schema at ${firstIssue(parsed.error)}; ` +
        'that is a bug in sockbench, report it with the command that you ran',
    )
  }
  try {
    const text = `${JSON.stringify(parsed.data, null, 2)}\n`
    mkdirSync(directory, { recursive: true })
    replaceFile(path, text)
  } catch (error) {
    removeIfEmpty(directory)
    throw new RecordError(
      `cannot write ${path}: ${causeOf(error)}; free space there, or choose another place with --out`,
    )
  }
  return path
}

/** Reads a record from its file, compressed or not, or from the directory of its run. */
export function loadRecord(path: string): SockbenchRecord {
  const text = textIn(read(path), path)
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    throw new RecordError(`${path} is not whole JSON: the file is damaged, measure again`)
  }
  const version = versionOf(content)
  if (version !== schemaVersion) {
    throw new RecordError(
      version === undefined
        ? `${path} is no sockbench record: it has no schemaVersion; name a ${fileName}`
        : `${path} has schema version ${JSON.stringify(version)}, this sockbench reads ` +
            `${schemaVersion}: read it with the sockbench that wrote it, or measure again`,
    )
  }
  const parsed = recordSchema.safeParse(content)
  if (parsed.success) return parsed.data
  throw new RecordError(
    `${path} does not match the record schema at ${firstIssue(parsed.error)}: ` +
      'the file was changed or damaged, measure again',
  )
}

/** `scenarios.0.label (expected string)` */
function firstIssue({ issues: [{ path, message }] }: z.ZodError): string {
  return `${path.join('.') || 'its root'} (${message})`
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch {
    // it holds an older record, or could not be made
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(statSync(path).isDirectory() ? join(path, fileName) : path)
  } catch (error) {
    throw new RecordError(
      `cannot read the record ${path}: ${causeOf(error)}; name a ${fileName}, ` +
        'or make one with `sockbench run`',
    )
  }
}

/** gzip is known by its first two bytes; RFC 1952, section 2.3.1. */
function textIn(bytes: Buffer, path: string): string {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString()
  try {
    return gunzipSync(bytes).toString()
  } catch {
    throw new RecordError(`${path} is not whole gzip: the file is damaged, measure again`)
  }
}

function versionOf(content: unknown): unknown {
  return typeof content === 'object' && content !== null && 'schemaVersion' in content
    ? content.schemaVersion
    : undefined
}

/** Node's "EACCES: permission denied, open '…'" without the call and the path. */
function causeOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+( '.*)?$/, '') : String(error)
}

/** The directory of the newest run under `base`. */
export function latestRecord(base: string): string {
  const runs = join(base, 'runs')
  const stored = (name: string) => existsSync(join(runs, name, fileName))
  const newest = existsSync(runs) ? readdirSync(runs).sort().findLast(stored) : undefined
  if (newest === undefined) {
    throw new RecordError(`no run is stored in ${runs}; measure with \`sockbench run\``)
  }
  return join(runs, newest)
}
