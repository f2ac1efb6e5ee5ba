import type { ProcessSample } from '../record.ts'

export type Counts = Record<string, number>

type Completed = ProcessSample['outcome'] & { state: 'completed' }

/** What one process counted. */
export interface ProcessCounts {
  perUnit: Counts
  /** Per iteration of the poll loop in which nothing occurred; empty for a backend without such a loop. */
  perIdlePoll: Counts
  /** How often poll(2) timed out during the work. */
  timeouts: number
}

/**
 * Counts per unit of work as if poll(2) had never timed out: how often it does depends on time, and
 * what such an iteration counts is known from the rest.
 */
export function processCounts({ counters, countedUnits, idle }: Completed): ProcessCounts {
  const perIdlePoll = countsPerIdlePoll(idle?.counters ?? {})
  const timeouts = counters[TIMEOUTS] ?? 0
  const units = countedUnits.messages
  if (units === 0) return { perUnit: {}, perIdlePoll, timeouts }
  const perUnit = eachUntimed(
    counters,
    (name, total) => (total - timeouts * (perIdlePoll[name] ?? 0)) / units,
  )
  return { perUnit, perIdlePoll, timeouts }
}

function countsPerIdlePoll(counters: Counts): Counts {
  const timeouts = counters[TIMEOUTS] ?? 0
  return timeouts === 0 ? {} : eachUntimed(counters, (_name, total) => total / timeouts)
}

function eachUntimed(counters: Counts, value: (name: string, total: number) => number): Counts {
  const untimed = Object.entries(counters).filter(([name]) => !isTimed(name))
  return Object.fromEntries(untimed.map(([name, total]) => [name, value(name, total)]))
}

const TIMEOUTS = 'pollTimeouts'

/**
 * How often poll(2) times out, how often a thread is asleep already when it is woken, and what waits for
 * 45 ms (which is the 50 ms detector's) depends on how fast everybody is, in lock step, too.
 */
function isTimed(name: string): boolean {
  return name === TIMEOUTS || name === HANDLER_WAKE_UPS || name.endsWith('45ms')
}

const HANDLER_WAKE_UPS = 'handlerWakeUps'
