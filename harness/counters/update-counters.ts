import { Interrupted, RunError } from '../errors.ts'
import { RecordError } from '../record-store.ts'
import { baselineChanges } from './baseline-changes.ts'
import {
  baselineOf,
  type CounterBaseline,
  loadCounterBaseline,
  saveCounterBaseline,
} from './counter-baseline.ts'
import { type CountingOptions, countingDefaults, measureCounters } from './measure-counters.ts'

/**
 * Counts, and makes that the baseline.
 * @returns what is gated otherwise from now on, a line each; nothing where no baseline could be read
 * @throws RunError or Interrupted if not everything could be counted: then the file is as it was
 */
export async function updateCounters(path: string, options: CountingOptions): Promise<string[]> {
  const { rows, failures } = await measureCounters(options)
  if (options.signal.aborted) throw new Interrupted(`interrupted; ${path} is as it was`)
  if (failures.length > 0) {
    const [{ workload, backend, reason }] = failures
    throw new RunError(`${path} is as it was: ${backend} did not finish ${workload}: ${reason}`)
  }
  const before = readableBaseline(path)
  const after = baselineOf(rows)
  saveCounterBaseline(path, after)
  const { tolerancePercent = countingDefaults.tolerancePercent } = options
  return before === null ? [] : baselineChanges(before, after, tolerancePercent)
}

function readableBaseline(path: string): CounterBaseline | null {
  try {
    return loadCounterBaseline(path)
  } catch (error) {
    if (error instanceof RecordError) return null
    throw error
  }
}
