import { readMerged } from '../../latency.ts'
import { programName, programsOf, runs } from '../../program.ts'
import type { ScenarioResult, WaitVerdict } from '../../record.ts'
import { estimateIn, subjectsIn } from '../subject-rows.ts'
import { histogramsOf } from './latency-curve.ts'

/** How long messages or requests took, on a logarithmic scale, beside what their subject used at rest. */
export interface LatencyDistribution {
  name: string
  samples: number
  /** Those that hold samples, and the empty ones between; shares of one. */
  bins: { fromUs: number; toUs: number; share: number }[]
  waits: WaitVerdict
  /** CPU at rest, as a share of one core; null where that was not measured. */
  restCores: number | null
}

/** A and A′ together. Nothing where latencies mean nothing. */
export function latencyDistributions(result: ScenarioResult): LatencyDistribution[] {
  if (result.latencyInvalid !== null) return []
  const rows = subjectsIn(result.processes)
  return programsOf(rows).flatMap(program => {
    const histograms = histogramsOf(result, program)
    const row = rows.find(one => runs(one, program))
    if (histograms.length === 0 || row === undefined) return []
    const { samples, bins } = readMerged(histograms, merged => ({
      samples: merged.count,
      bins: binsOf(merged.buckets(), merged.count),
    }))
    if (bins.length === 0) return []
    const waits = result.waits.find(one => runs(one, program))?.verdict
    return [
      {
        name: programName(program),
        samples,
        bins,
        waits: waits ?? { state: 'too-few' as const, samples },
        restCores: estimateIn(result, row, 'idleCpu'),
      },
    ]
  })
}

const BINS_PER_DECADE = 10

function binsOf(
  buckets: Iterable<{ fromNs: number; toNs: number; count: number }>,
  samples: number,
): LatencyDistribution['bins'] {
  const counts = new Map<number, number>()
  for (const { fromNs, toNs, count } of buckets) {
    const us = (fromNs + toNs) / 2 / 1000
    const bin = Math.floor(Math.log10(us) * BINS_PER_DECADE)
    counts.set(bin, (counts.get(bin) ?? 0) + count)
  }
  const [first, last] = [Math.min(...counts.keys()), Math.max(...counts.keys())]
  if (counts.size === 0) return []
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    fromUs: 10 ** ((first + i) / BINS_PER_DECADE),
    toUs: 10 ** ((first + i + 1) / BINS_PER_DECADE),
    share: (counts.get(first + i) ?? 0) / samples,
  }))
}
