import { analyse } from './analyse.ts'
import type { SockbenchRecord } from './record.ts'

/** The record with everything concluded anew from its samples, at another margin if one is given. */
export function reanalysed(record: SockbenchRecord, marginPercent?: number): SockbenchRecord {
  const margin = marginPercent ?? Number(record.configuration.marginPercent)
  const analyses = record.scenarios.map(scenario => analyse(scenario, { marginPercent: margin }))
  return {
    ...record,
    scenarios: record.scenarios.map((scenario, i) => ({
      ...scenario,
      estimates: analyses[i].estimates,
      comparisons: analyses[i].comparisons,
    })),
    warnings: analyses.flatMap(({ warnings }) => warnings),
  }
}
