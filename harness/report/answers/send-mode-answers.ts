import type { Metric, ScenarioResult } from '../../record.ts'
import { listed, rangeText } from '../listed.ts'
import { groupTitle, type PushGroup, pushGroups } from '../push-matrix.ts'
import { duration, percentOfOne } from '../quantities.ts'
import { estimateIn, subjectsIn } from '../subject-rows.ts'
import type { Answer } from './answer.ts'
import { BYSTANDER } from './record-judgements.ts'

/** What each send mode does to the latency of a push, and what a loop at rest takes for it. */
export function sendModeAnswers(scenarios: readonly ScenarioResult[]): Answer[] {
  return pushGroups(scenarios.filter(({ scenario }) => scenario === 'push')).flatMap(groupAnswer)
}

function groupAnswer(group: PushGroup): Answer[] {
  const modes = [...new Set(group.map(({ parameters: { mode } }) => mode))]
  const texts = modes.flatMap(mode =>
    modeText(
      String(mode),
      group.filter(({ parameters }) => parameters.mode === mode),
    ),
  )
  if (texts.length === 0) return []
  const backends = [...new Set(group.flatMap(backendsIn))]
  const rested = group.some(result => figuresOf(result, 'idleCpu').length > 0)
  const text =
    `push (${groupTitle(group)}), p50${rested ? ' and CPU at rest' : ''} by send mode, ` +
    `of ${listed(backends)}: ${texts.join('; ')}`
  return [{ text, verdict: null }]
}

/** `pollout 40.8 to 50 µs, 99 to 100 % of a core` */
function modeText(mode: string, results: readonly ScenarioResult[]): string[] {
  const latencies = results.flatMap(result => figuresOf(result, 'latencyP50'))
  const rests = results.flatMap(result => figuresOf(result, 'idleCpu'))
  if (latencies.length === 0) return []
  const rest = rests.length === 0 ? '' : `, ${rangeText(rests, percentOfOne)} of a core`
  return [`${mode} ${rangeText(latencies, duration)}${rest}`]
}

/** As in the tables, which have no row for A′. */
function figuresOf(result: ScenarioResult, metric: Metric): number[] {
  return rowsOf(result).flatMap(row => estimateIn(result, row, metric) ?? [])
}

function backendsIn(result: ScenarioResult): string[] {
  return rowsOf(result).flatMap(row =>
    estimateIn(result, row, 'latencyP50') === null ? [] : [row.backend],
  )
}

/** Those that have send modes to choose from. */
function rowsOf({ processes }: ScenarioResult) {
  return subjectsIn(processes).filter(({ arm, backend }) => arm !== "A'" && backend !== BYSTANDER)
}
