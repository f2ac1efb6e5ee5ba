import type { Estimate, IdleSample, ProcessSample } from '../record.ts'
import { totalCpuNs } from '../statistics/cost-per-unit.ts'
import { estimateOf, type SubjectSamples } from './subjects.ts'

/** What subjects use at rest. */
export function analyseIdleness(subjects: readonly SubjectSamples[]): Estimate[] {
  return [
    ...subjects.flatMap(subject => estimateOf(subject, 'idleCpu', 'cores', coresAtRest)),
    ...subjects.flatMap(subject => estimateOf(subject, 'idlePolls', 'polls/s', pollsAtRest)),
  ]
}

function coresAtRest(process: ProcessSample): number | null {
  const idle = idleOf(process)
  return idle === null ? null : totalCpuNs(idle.threads) / (1e9 * idle.seconds)
}

/** Null where the backend does not count polls: libuv's are its own affair. */
function pollsAtRest(process: ProcessSample): number | null {
  const idle = idleOf(process)
  if (idle === null || process.outcome.state === 'failed') return null
  const polls = (counters: Record<string, number>) => counters['syscall.poll'] ?? 0
  const counts = polls(process.outcome.counters) + polls(idle.counters) > 0
  return counts ? polls(idle.counters) / idle.seconds : null
}

function idleOf({ outcome }: ProcessSample): IdleSample | null {
  return outcome.state === 'completed' ? outcome.idle : null
}
