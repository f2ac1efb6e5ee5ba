import type { LatencyMeasurement } from '../scenarios/driver-protocol.ts'
import { LatencyHistogram } from '../scenarios/latency/histogram.ts'
import type { LatencySample } from './record.ts'

/** The latencies of several slices together, or null when none were measured. */
export function mergedLatency(
  measured: readonly (LatencyMeasurement | null)[],
): LatencySample | null {
  const latencies = measured.filter(one => one !== null)
  if (latencies.length === 0) return null
  const lags = latencies.flatMap(({ lag }) => (lag === null ? [] : [lag]))
  return {
    histogram: mergedText(latencies.map(({ histogram }) => histogram)),
    lag:
      lags.length === 0
        ? null
        : { of: lags[0].of, histogram: mergedText(lags.map(({ histogram }) => histogram)) },
  }
}

/** What `read` answers of all these histograms together. */
export function readMerged<T>(texts: readonly string[], read: (merged: LatencyHistogram) => T): T {
  const merged = LatencyHistogram.empty()
  try {
    for (const text of texts) {
      const one = LatencyHistogram.deserialise(text)
      merged.add(one)
      one.destroy()
    }
    return read(merged)
  } finally {
    merged.destroy()
  }
}

function mergedText(texts: readonly string[]): string {
  return readMerged(texts, merged => merged.serialise())
}
