import { findingsOf } from '../findings.ts'
import type { GateResult } from '../gate-result.ts'

/**
 * For github-action-benchmark, tool `customSmallerIsBetter`: the head's cost as a multiple of the base's,
 * which is the one figure that does not depend on the machine. What has no interval is left out, and what
 * a biased run found: a chart takes every point for a measurement.
 */
export function benchmarkJson(result: GateResult): string {
  const sentences = findingsOf(result)
    .filter(({ kind }) => kind === 'comparison')
    .map(({ sentence }) => sentence)
  const entries = result.comparisons.flatMap(({ id, state, screening, confirmation }, i) => {
    const stage = confirmation ?? screening
    if (stage.state !== 'compared' || state === 'biased') return []
    const { ratio, low, high } = stage
    if (low === null || high === null) return []
    const range = `${low.toFixed(4)} to ${high.toFixed(4)}`
    return [{ name: id, unit: '× base', value: ratio, range, extra: sentences[i] }]
  })
  return `${JSON.stringify(entries, null, 2)}\n`
}
