import { ibd } from '../../scenarios/ibd/index.ts'
import type { Workload } from '../../scenarios/scenario.ts'

/** Blocks of 1 MB from two peers: with one, there would be nothing to tell apart. */
export function inspectedWorkload(slices: number): Workload {
  const [workload] = ibd.workloads(
    new Map([
      ['profile', 'large'],
      ['peers', '2'],
      ['slices', String(slices)],
    ]),
  )
  return workload
}
