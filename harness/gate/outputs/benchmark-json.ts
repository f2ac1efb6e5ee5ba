import { findingsOf } from '../findings.ts'
import type { GateResult } from '../gate-result.ts'

/**
 * For github-action-benchmark, tool `customSmallerIsBetter`: the head's cost as a multiple of the base's,
 * which is the one figure that does not depend on the machine. What has no figure is left out.
 */
export function benchmarkJson(result: GateResult): string {
  const sentences = findingsOf(result)
    .filter(({ kind }) => kind === 'comparison')
    .map(({ sentence }) => sentence)
  const entries = result.comparisons.flatMap(({ id, screening, confirmation }, i) => {
    const stage = confirmation ?? screening
    if (stage.state !== 'compared') return []
    const { ratio, low, high } = stage
    const range =
      low === null || high === null ? {} : { range: `${low.toFixed(4)} to ${high.toFixed(4)}` }
    return [{ name: id, unit: '× base', value: ratio, ...range, extra: sentences[i] }]
  })
  return `${JSON.stringify(entries, null, 2)}\n`
}
