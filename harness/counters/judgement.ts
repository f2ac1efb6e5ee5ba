import { type Agreement, agreements } from './agreement.ts'
import type { CountedWorkload } from './counted-workloads.ts'
import type { Counts, ProcessCounts } from './process-counts.ts'

export interface MeasuredCounters {
  rows: CountedRow[]
  failures: CountingFailure[]
}

/** What one backend counts in one workload, per unit. */
export interface CountedRow {
  workload: string
  backend: string
  /** The workload's, or `idle poll`: an iteration of the poll loop in which nothing occurred. */
  unit: string
  counters: Record<string, Agreement>
}

/** A backend of which nothing can be said in this workload. */
export interface CountingFailure {
  workload: string
  backend: string
  reason: string
}

export interface ProcessOutcome {
  backend: string
  counted: ProcessCounts | { failed: string }
}

export interface Judgement extends MeasuredCounters {
  backend: string
  /** More processes would change nothing. */
  decided: boolean
}

/**
 * What the processes of one backend come to: its rows, or, if one of them failed, that alone. Of a workload
 * that does not rest as it works, a process in which poll(2) timed out has no vote, unless all too few have.
 */
export function judge(
  backend: string,
  {
    name: workload,
    unit,
    restsConnected,
    timed = [],
  }: Pick<CountedWorkload, 'name' | 'unit' | 'restsConnected' | 'timed'>,
  outcomes: readonly ProcessOutcome[],
  tolerancePercent: number,
): Judgement {
  const processes: ProcessCounts[] = []
  for (const { counted } of outcomes.filter(outcome => outcome.backend === backend)) {
    if ('failed' in counted) {
      const failure = { workload, backend, reason: counted.failed }
      return { backend, decided: true, rows: [], failures: [failure] }
    }
    processes.push(counted)
  }
  const undisturbed = processes.filter(({ timeouts }) => restsConnected || timeouts === 0)
  const enough = undisturbed.length >= 2
  const counters = (all: readonly ProcessCounts[], pick: (process: ProcessCounts) => Counts) =>
    agreements(all.map(pick), tolerancePercent)
  const ofWork = counters(enough ? undisturbed : processes, ({ perUnit }) =>
    without(timed, perUnit),
  )
  const ofRest = counters(processes, ({ perIdlePoll }) => perIdlePoll)
  const agreed = [...Object.values(ofWork), ...Object.values(ofRest)]
  return {
    backend,
    decided: enough && agreed.every(({ state }) => state === 'stable'),
    rows: [
      { workload, backend, unit, counters: ofWork },
      { workload, backend, unit: IDLE_POLL, counters: ofRest },
    ],
    failures: [],
  }
}

function without(names: readonly string[], counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([name]) => !names.includes(name)))
}

const IDLE_POLL = 'idle poll'
