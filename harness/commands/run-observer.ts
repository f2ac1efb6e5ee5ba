import { dispatch } from '../../scenarios/dispatch/index.ts'
import type { Workload } from '../../scenarios/scenario.ts'
import { mostRounds, type Plan } from '../plan.ts'
import { programName } from '../program.ts'
import { barLine, type Progress, roundLine } from '../progress.ts'
import type { RunObserver } from '../run.ts'

/** Shows what a run does; what it has concluded is its caller's business. */
export function observerOf(plan: Plan, progress: Progress): Omit<RunObserver, 'concluded'> {
  const startMs = new Map<Workload | string, number>()
  const elapsedMs = (of: Workload | string) => {
    const start = startMs.get(of) ?? performance.now()
    startMs.set(of, start)
    return performance.now() - start
  }
  return {
    preparing: (workload, done, total) => {
      const label = `preparing ${workload.scenario} ${workload.label}`
      const fraction = done / total
      progress.show(barLine({ label, fraction, elapsedMs: elapsedMs(workload) }))
    },
    warning: ({ label }, line) => progress.note(`${label}: ${line}`),
    roundStarts: ({ workload, label, schedule }, round) => {
      if (round === 0) startMs.delete(workload)
      progress.show(
        roundLine({
          round: round + 1,
          rounds: mostRounds(schedule),
          label: `${workload.scenario} ${label}`,
          elapsedMs: elapsedMs(workload),
        }),
      )
    },
    dispatchRoundStarts: round => {
      const { name: label } = dispatch
      const rounds = plan.dispatchRounds
      progress.show(roundLine({ round: round + 1, rounds, label, elapsedMs: elapsedMs(label) }))
    },
    subjectFailed: ({ label }, { round, arm, outcome, ...program }) => {
      if (outcome.state === 'completed') return
      const { stage, reason } = outcome
      const subject = `${programName(program)} ${arm}`
      progress.note(`${label}, round ${round + 1}: ${subject} failed in ${stage}: ${reason}`)
    },
  }
}
