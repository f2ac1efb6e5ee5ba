import type { Comparison, ScenarioResult } from '../../record.ts'
import { isCompared, metricNames } from '../compared-metrics.ts'
import { fewOf } from '../listed.ts'
import { change } from '../quantities.ts'
import type { Answer } from './answer.ts'

/** What the reference against itself shows: where it makes every verdict invalid, and else its size. */
export function biasAnswers(scenarios: readonly ScenarioResult[]): Answer[] {
  const twins = scenarios.flatMap(result =>
    result.comparisons.filter(({ kind }) => kind === 'aa').map(twin => ({ result, twin })),
  )
  const biased = twins.filter(({ twin }) => twin.verdict === 'invalid')
  const sound = twins.filter(({ twin }) => hasInterval(twin) && twin.verdict !== 'invalid')
  return [...biasedAnswer(biased), ...soundAnswer(scenarios, sound)]
}

interface Twin {
  result: ScenarioResult
  twin: Comparison
}

function hasInterval({ low, high }: Comparison): boolean {
  return low !== null && high !== null
}

function biasedAnswer(biased: readonly Twin[]): Answer[] {
  if (biased.length === 0) return []
  const places = biased.map(({ result: { scenario, label }, twin }) => {
    const { metric, ratio, low, high } = twin
    const name = isCompared(metric) ? metricNames[metric] : metric
    return `${name} in ${scenario} (${label}), ${change(ratio, low, high)}`
  })
  const text = `invalid, since the reference differs from itself (A/A′ excludes 0): ${fewOf(places)}`
  return [{ verdict: 'invalid', text }]
}

/** Nothing where nothing rests on it: where the twins are all there is, they are told as findings. */
function soundAnswer(scenarios: readonly ScenarioResult[], sound: readonly Twin[]): Answer[] {
  const cited = scenarios.some(({ comparisons }) => comparisons.some(({ kind }) => kind !== 'aa'))
  const ofCpu = sound.filter(({ twin }) => twin.metric === 'cpu')
  if (!cited || ofCpu.length === 0) return []
  const widest = ofCpu.reduce((one, other) => (width(other) > width(one) ? other : one))
  const { scenario, label } = widest.result
  const { ratio, low, high } = widest.twin
  const places = `${ofCpu.length} ${ofCpu.length === 1 ? 'workload' : 'workloads'}`
  return [
    {
      verdict: null,
      text:
        `the reference against itself (A/A′): no bias found in the CPU of ${places}; ` +
        `the widest interval is ${change(ratio, low, high)} in ${scenario} (${label})`,
    },
  ]
}

function width({ twin: { low, high } }: Twin): number {
  return Math.log((high ?? 1) / (low ?? 1))
}
