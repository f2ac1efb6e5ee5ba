import type { LatencyHistogram } from '../../scenarios/latency/histogram.ts'
import { readMerged } from '../latency.ts'
import type { ScenarioResult } from '../record.ts'
import { duration } from './quantities.ts'

/** How late the driver was with what it sent at moments of a schedule; nothing where it had none. */
export function lagSentence({
  processes,
  samplesTogether,
}: Pick<ScenarioResult, 'processes' | 'samplesTogether'>): string[] {
  const lags = processes.flatMap(({ outcome }) => {
    const lag = outcome.state === 'completed' ? outcome.latency?.lag : undefined
    return lag?.of === 'driver' ? [lag.histogram] : []
  })
  if (lags.length === 0) return []
  const percentilesOf = (merged: LatencyHistogram) => merged.percentiles(samplesTogether)
  const { p50, p99 } = readMerged(lags, percentilesOf)
  const texts = Object.entries({ p50, p99 }).flatMap(([name, ns]) =>
    ns === null ? [] : [`${name} ${duration(ns / 1000)}`],
  )
  return texts.length === 0 ? [] : [`the load generator was late by ${texts.join(', ')}`]
}
