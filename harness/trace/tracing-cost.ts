import type { Slice, WorkUnit } from '../record.ts'
import { sliceCosts } from '../statistics/cost-per-unit.ts'
import { median } from '../statistics/median.ts'

/** What recording costs a subject: medians over slices before and with it. */
export interface TracingCost {
  unit: WorkUnit
  slices: number
  /** CPU of the subject; per GB in s, else in ns. */
  off: number
  on: number
}

/** @param slices of which odd groups were traced */
export function tracingCostOf(slices: readonly Slice[], unit: WorkUnit): TracingCost {
  const costs = (isOn: boolean) =>
    sliceCosts(
      slices.filter(({ group }) => (group % 2 === 1) === isOn),
      'cpu',
      unit,
    )
  return { unit, slices: slices.length, off: median(costs(false)), on: median(costs(true)) }
}
