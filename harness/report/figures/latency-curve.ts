import type { LatencyHistogram } from '../../../scenarios/latency/histogram.ts'
import { copiesOfOne } from '../../analysis/latencies.ts'
import { readMerged } from '../../latency.ts'
import { type Program, programName, programsOf, runs } from '../../program.ts'
import type { ScenarioResult } from '../../record.ts'
import { subjectsIn } from '../subject-rows.ts'

/** Latency by percentile, of all processes of one program together. */
export interface LatencyCurve {
  name: string
  samples: number
  points: { percentile: number; us: number }[]
}

/** Nothing where latencies mean nothing: then the result says why. */
export function latencyCurves(result: ScenarioResult): LatencyCurve[] {
  if (result.latencyInvalid !== null) return []
  return programsOf(subjectsIn(result.processes)).flatMap(program => {
    const histograms = histogramsOf(result, program)
    if (histograms.length === 0) return []
    return readMerged(histograms, merged => {
      const points = pointsOf(merged, copiesOfOne(result))
      return [{ name: programName(program), samples: merged.count, points }]
    })
  })
}

export function histogramsOf(
  { processes }: Pick<ScenarioResult, 'processes'>,
  program: Program,
): string[] {
  return processes
    .filter(process => runs(process, program))
    .flatMap(({ outcome }) =>
      outcome.state === 'completed' && outcome.latency !== null ? [outcome.latency.histogram] : [],
    )
}

/** As many beyond a percentile as the tables ask for: p99 takes 1,000 samples, p99.9 takes 10,000. */
const SAMPLES_BEYOND = 10

/** Steps of a scale on which 90, 99 and 99.9 are equally far apart. */
const STEPS_PER_NINE = 25

/** Up to the last percentile that has enough samples beyond it; rounded up, as in the tables. */
function pointsOf(histogram: LatencyHistogram, copies: number): LatencyCurve['points'] {
  const { count } = histogram
  const fewest = SAMPLES_BEYOND * copies
  const nines = Math.log10(count / fewest)
  const last = Math.floor(nines * STEPS_PER_NINE + 1e-9)
  const shares = Array.from({ length: last + 1 }, (_, step) => 1 - 10 ** (-step / STEPS_PER_NINE))
  const points: LatencyCurve['points'] = []
  let below = 0
  let next = 0
  for (const bucket of histogram.buckets()) {
    below += bucket.count
    while (next < shares.length && below >= shares[next] * count - 1e-6) {
      points.push({ percentile: 100 * shares[next++], us: (bucket.toNs - 1) / 1000 })
    }
  }
  return points
}
