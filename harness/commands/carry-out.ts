import { Interrupted, RunError } from '../errors.ts'
import type { Plan } from '../plan.ts'
import { print } from '../print.ts'
import { programsOf } from '../program.ts'
import type { Progress } from '../progress.ts'
import type { SockbenchRecord } from '../record.ts'
import { RecordError, runDirectory, saveRecord } from '../record-store.ts'
import { reportModel } from '../report/model.ts'
import { run } from '../run.ts'
import { commandLine } from './command-line.ts'
import { pageOf, writePageBeside } from './record-page.ts'
import { type Delivery, deliver } from './report-delivery.ts'
import { observerOf } from './run-observer.ts'

export interface Keeping extends Omit<Delivery, 'quiet'> {
  /** Where records are kept. */
  out: string
}

/**
 * Measures a plan, stores its record after each workload, so that a later one cannot take the earlier
 * ones along, prints it, and writes a page of it beside the record.
 * @throws Interrupted, RunError or RecordError for what was not measured, compared or stored, after the
 *   printing
 */
export async function carryOut(
  plan: Plan,
  { out, json, color, md, html }: Keeping,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  let kept: string | RecordError = 'not stored'
  const record = await run(plan, commandLine(plan.seed), signal, {
    ...observerOf(plan, progress),
    concluded: soFar => {
      kept = store(soFar, out)
    },
  })
  progress.clear()
  if (plan.measurements.length === 0 && plan.dispatchRounds === 0) {
    process.stderr.write('nothing to measure: there are more shards than workloads\n')
    kept = store(record, out)
  } else if (record.scenarios.length === 0 && record.dispatch === null) {
    throw nothingMeasured(signal)
  }
  const stored: string | RecordError = kept
  const path = typeof stored === 'string' ? stored : 'not stored'
  await deliver(
    { model: reportModel(record, path), data: record, page: () => pageOf(record, path) },
    { json, color, md, html, quiet: false },
  )
  if (typeof stored !== 'string') throw stored
  const page = await writePageBeside(stored, record)
  if (!json && typeof page === 'string') print(`page: ${page}\n`)
  if (signal.aborted) throw new Interrupted(`interrupted; what was finished is in ${path}`)
  if (record.failures.length > 0) {
    throw new RunError(`${record.failures.length} subject(s) did not finish; see above`)
  }
  assertCompared(record)
  if (typeof page !== 'string') throw page
}

/** @throws RunError where a workload had two programs, and nothing is said of one against the other */
export function assertCompared({ scenarios }: Pick<SockbenchRecord, 'scenarios'>): void {
  const silent = scenarios.filter(
    ({ processes, comparisons }) =>
      programsOf(processes).length > 1 && comparisons.every(({ kind }) => kind === 'aa'),
  )
  if (silent.length === 0) return
  const names = silent.map(({ scenario, label }) => `${scenario} (${label})`)
  throw new RunError(
    `nothing could be compared in ${names.join('; ')}: figures are missing, see above`,
  )
}

function nothingMeasured(signal: AbortSignal): Error {
  return signal.aborted
    ? new Interrupted('interrupted before a round was finished; nothing is stored')
    : new RunError('no round was finished; nothing is stored')
}

/** @returns the path of the record, or why it is not on disk: what was measured is printed even so */
function store(record: SockbenchRecord, out: string): string | RecordError {
  try {
    return saveRecord(runDirectory(out, record.startedAt, record.tool.gitSha), record)
  } catch (error) {
    if (error instanceof RecordError) return error
    throw error
  }
}
