import { programName } from '../../program.ts'
import type { ProcessSample, ScenarioResult, SockbenchRecord } from '../../record.ts'
import { fewOf } from '../listed.ts'
import type { Answer } from './answer.ts'

/** Whose figures are missing, what is to be doubted, and what the whole record says nothing about. */
export function gapAnswers(record: Pick<SockbenchRecord, 'scenarios' | 'warnings'>): Answer[] {
  const texts = [...unfinishedText(record), ...doubtText(record), ...missingText(record)]
  return texts.map(text => ({ text, verdict: null }))
}

function unfinishedText({ scenarios }: Pick<SockbenchRecord, 'scenarios'>): string[] {
  const processes = scenarios.flatMap(one => one.processes)
  const failed = processes.filter(hasFailed)
  if (failed.length === 0) return []
  if (failed.length === processes.length) {
    return [`none of ${processes.length} processes finished, so nothing is compared`]
  }
  const names = [...new Set(failed.map(programName))].map(
    name => `${name} ${failed.filter(one => programName(one) === name).length}`,
  )
  return [
    `${failed.length} of ${processes.length} processes did not finish (${fewOf(names)}); ` +
      'what is compared leaves their rounds out',
  ]
}

function hasFailed({ outcome }: ProcessSample): boolean {
  return outcome.state === 'failed'
}

/** Warnings that are about no workload are about every figure; the first of them. */
function doubtText({ scenarios, warnings }: Pick<SockbenchRecord, 'scenarios' | 'warnings'>) {
  const titles = scenarios.map(({ scenario, label }) => `${scenario} (${label})`)
  const [first, ...others] = warnings.filter(
    warning => !isUnfinished(warning) && !titles.some(title => warning.startsWith(title)),
  )
  if (first === undefined) return []
  const more = others.length === 0 ? '' : `; and ${others.length} more`
  return [`a warning about the whole record: ${first}${more}`]
}

function isUnfinished(warning: string): boolean {
  return /(^|: )unfinished: /.test(warning)
}

function missingText({
  scenarios,
  warnings,
}: Pick<SockbenchRecord, 'scenarios' | 'warnings'>): string[] {
  if (scenarios.length === 0) return []
  const unchecked = scenarios.filter(({ processes }) => processes.every(({ arm }) => arm !== "A'"))
  const single = scenarios.filter(({ processes }) => roundsIn(processes) === 1)
  const silent = scenarios.filter(({ latencyInvalid }) => latencyInvalid !== null)
  const measuresLatency = scenarios.some(
    ({ processes, latencyInvalid }) => latencyInvalid !== null || processes.some(hasLatency),
  )
  const texts = [
    ...placesText('a check of bias (A/A′)', unchecked, scenarios),
    ...placesText('more than one round', single, scenarios),
    ...placesText('valid latencies', silent, scenarios),
    ...(measuresLatency ? [] : ['latencies']),
    ...(warnings.some(isUnfinished) ? ['all that was planned (see the warnings)'] : []),
  ]
  return texts.length === 0 ? [] : [`not in this record: ${texts.join('; ')}`]
}

function placesText(
  what: string,
  places: readonly ScenarioResult[],
  all: readonly ScenarioResult[],
): string[] {
  if (places.length === 0) return []
  if (places.length === all.length) return [what]
  return [`${what}: ${fewOf(places.map(({ scenario, label }) => `${scenario} (${label})`))}`]
}

function roundsIn(processes: readonly ProcessSample[]): number {
  return new Set(processes.map(({ round }) => round)).size
}

function hasLatency({ outcome }: ProcessSample): boolean {
  return outcome.state === 'completed' && outcome.latency !== null
}
