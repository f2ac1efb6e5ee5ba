import type { Workload } from '../scenarios/scenario.ts'
import { FLOOR, participants } from './participants.ts'
import type { Measurement } from './plan.ts'
import type { Schedule } from './record.ts'

/**
 * To compare revisions, every backend has rounds of its own: fewer subjects share a group of slices,
 * which is then shorter, and each backend has an A/A′ pair.
 */
export function measurementsByBackend(
  workloads: readonly Workload[],
  backends: readonly string[],
  scheduleOf: (workload: Workload) => Schedule,
): Measurement[] {
  return workloads.flatMap(workload =>
    participants(backends, workload)
      .filter(backend => backend !== FLOOR)
      .map(backend => ({
        workload,
        label: `${workload.label}, ${backend}`,
        backends: [backend],
        schedule: scheduleOf(workload),
      })),
  )
}
