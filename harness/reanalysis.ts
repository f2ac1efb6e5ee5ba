import { analyse } from './analysis/analyse.ts'
import { analyseDispatch } from './dispatch/analyse.ts'
import type { ScenarioResult, SockbenchRecord } from './record.ts'
import { RecordError } from './record-store.ts'

/** The record with everything concluded anew from its samples, at another margin if one is given. */
export function reanalysed(record: SockbenchRecord, marginPercent?: number): SockbenchRecord {
  const margin = marginPercent ?? marginOf(record)
  const analyses = record.scenarios.map(scenario =>
    analyse(scenario, { marginPercent: margin, roundsAre: 'over' }),
  )
  const scenarios = record.scenarios.map((scenario, i) => ({
    ...scenario,
    ...analyses[i].conclusions,
  }))
  return {
    ...record,
    scenarios,
    dispatch: record.dispatch && analyseDispatch(record.dispatch.processes, ofFirst(scenarios)),
    warnings: [
      ...record.warnings.filter(warning => !wasAnalysed(record, warning)),
      ...analyses.flatMap(({ warnings }) => warnings),
    ],
  }
}

/** In a merged record, `dispatch` is the first record's: what it costs says nothing of other machines. */
function ofFirst(scenarios: readonly ScenarioResult[]): ScenarioResult[] {
  return scenarios.filter(({ source }) => source === 0)
}

/** Every warning of the analysis starts with the scenario's name and label. */
function wasAnalysed({ scenarios }: SockbenchRecord, warning: string): boolean {
  return scenarios.some(({ scenario, label }) => warning.startsWith(`${scenario} (${label}), `))
}

function marginOf({ configuration: { marginPercent } }: SockbenchRecord): number {
  if (typeof marginPercent === 'number' && marginPercent > 0) return marginPercent
  throw new RecordError('the record names no margin that it was made with; give one with --margin')
}
