import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { z } from 'zod'
import { RecordError } from '../record-store.ts'
import { replaceFile } from '../replace-file.ts'
import { ownCheckout } from '../revisions/checkout.ts'
import { git } from '../revisions/git.ts'
import { commitOf } from '../revisions/revision-of-ref.ts'
import type { CountedRow } from './judgement.ts'

const counterSchemaVersion = 1

/** Where it is unless something else is asked for. */
export const COUNTER_BASELINE = 'results/baselines/counters.json'

/** By workload, backend, unit and counter. */
const tree = <T extends z.ZodType>(leaf: T) =>
  z.record(z.string(), z.record(z.string(), z.record(z.string(), z.record(z.string(), leaf))))

/**
 * What each backend is known to count, committed with the code that counts it. Counts depend on neither
 * the machine nor the version of Node: system calls, look-ups and bytes are this project's own.
 */
const counterBaseline = z.strictObject({
  counterSchemaVersion: z.literal(counterSchemaVersion),
  /** Above 0; a counter that is not listed is 0. */
  counts: tree(z.number()),
  /** Why a counter is not compared. */
  notGated: tree(z.string()),
})

export type CounterBaseline = z.infer<typeof counterBaseline>

/** By workload, backend, unit and counter. */
export type Tree<T> = Record<string, Record<string, Record<string, Record<string, T>>>>

/** Of what was measured, and nothing else. */
export function baselineOf(rows: readonly CountedRow[]): CounterBaseline {
  const counts: Tree<number> = {}
  const notGated: Tree<string> = {}
  for (const { workload, backend, unit, counters } of rows) {
    const all = Object.entries(counters)
    const stable = all.flatMap(([name, one]) => (one.state === 'stable' ? [[name, one.value]] : []))
    const unstable = all.filter(([, { state }]) => state === 'unstable')
    leaf(counts, workload, backend)[unit] = Object.fromEntries(stable)
    if (unstable.length === 0) continue
    leaf(notGated, workload, backend)[unit] = Object.fromEntries(
      unstable.map(([name]) => [name, DIFFERS]),
    )
  }
  return { counterSchemaVersion, counts, notGated }
}

const DIFFERS = 'differs from process to process'

function leaf<T>(
  of: Tree<T>,
  workload: string,
  backend: string,
): Record<string, Record<string, T>> {
  of[workload] ??= {}
  of[workload][backend] ??= {}
  return of[workload][backend]
}

/** One backend in one workload. */
export interface Place {
  workload: string
  backend: string
}

/** That a baseline knows. */
export function placesOf({ counts }: CounterBaseline): Place[] {
  return Object.entries(counts).flatMap(([workload, backends]) =>
    Object.keys(backends).map(backend => ({ workload, backend })),
  )
}

/** `direct, ibd, queued`: no two are alike. */
export function placeText({ workload, backend }: Place): string {
  return `${backend}, ${workload}`
}

/** Writes it whole or not at all, keys sorted. */
export function saveCounterBaseline(path: string, baseline: CounterBaseline): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    replaceFile(path, `${JSON.stringify(sorted(baseline), null, 2)}\n`)
  } catch (error) {
    throw new RecordError(
      `cannot write the counter baseline ${path}: ${causeOf(error)}; free space there, or choose another file`,
    )
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const)
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** @throws RecordError where there is none, or it is damaged or of another version */
export function loadCounterBaseline(path: string): CounterBaseline {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadable(path, causeOf(error))
  }
  return parsedBaseline(text, path)
}

/**
 * As a commit has it. A file outside of the repository is of no commit, and taken as it is.
 * @throws UsageError for what names no commit
 * @throws RecordError as `loadCounterBaseline`
 */
export function committedCounterBaseline(
  path: string,
  ref: string,
  repository: string = ownCheckout,
): CounterBaseline {
  const inside = relative(repository, resolve(path))
  if (inside.startsWith('../')) return loadCounterBaseline(path)
  const name = `${path} of ${ref}`
  const shown = git(repository, 'show', `${commitOf(ref, repository)}:${inside}`)
  if (shown.state === 'failed') throw unreadable(name, shown.reason)
  return parsedBaseline(shown.stdout, name)
}

function unreadable(name: string, cause: string): RecordError {
  return new RecordError(
    `cannot read the counter baseline ${name}: ${cause}; make one with ${UPDATE_COMMAND}`,
  )
}

function parsedBaseline(text: string, name: string): CounterBaseline {
  const parsed = counterBaseline.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const [{ path: at, message }] = parsed.error.issues
  throw new RecordError(
    `${name} is no counter baseline of this sockbench: ${at.join('.') || 'its root'} (${message}); ` +
      `take it from git again, or make a new one with ${UPDATE_COMMAND}`,
  )
}

export const UPDATE_COMMAND = '`sockbench gate --update-counters`'

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return 'no whole JSON'
  }
}

function causeOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+( '.*)?$/, '') : String(error)
}
