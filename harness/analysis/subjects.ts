import { type Program, programsOf, runs } from '../program.ts'
import type { Arm, Estimate, Metric, MetricUnit, ProcessSample, Slice } from '../record.ts'
import { median, medianInterval } from '../statistics/median.ts'

/** All processes of one program in one role, over the rounds. */
export interface SubjectSamples extends Program {
  arm: Arm
  processes: ProcessSample[]
}

/** In the order of their first appearance by role: A, A′, the others, the floor. */
export function subjectsOf(processes: readonly ProcessSample[]): SubjectSamples[] {
  const roles: readonly Arm[] = ['A', "A'", 'B', 'floor']
  return roles.flatMap(arm => {
    const inRole = processes.filter(process => process.arm === arm)
    return programsOf(inRole).map(program => ({
      ...program,
      arm,
      processes: inRole.filter(process => runs(process, program)),
    }))
  })
}

/** The median of one figure per process, null where one has none; nothing where none has. */
export function estimateOf(
  { backend, loops, revision, arm, processes }: SubjectSamples,
  metric: Metric,
  unit: MetricUnit,
  figureOf: (process: ProcessSample) => number | null,
): Estimate[] {
  const figures = processes.flatMap(process => figureOf(process) ?? [])
  if (figures.length === 0) return []
  const value = median(figures)
  const interval = medianInterval(figures)
  const named = { backend, loops, revision, arm, metric, unit }
  return [{ ...named, value, ...interval, rounds: figures.length }]
}

export function slicesOf({ processes }: SubjectSamples): Slice[] {
  return processes.flatMap(({ outcome }) => (outcome.state === 'completed' ? outcome.slices : []))
}
