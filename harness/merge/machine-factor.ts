import { programName } from '../program.ts'
import type { Comparison, ScenarioResult } from '../record.ts'
import { change } from '../report/quantities.ts'
import { studentQuantile } from '../statistics/student-t.ts'

/** A workload that was measured more than once: results of the same, each from another machine. */
export type Repeated = readonly ScenarioResult[]

/**
 * What workloads that were measured on several machines say about these, a line each: ratios that
 * differ from machine to machine, then how many were looked at. A difference counts when it is certain
 * and larger than the margin, or when verdicts contradict each other; that nothing of the kind was
 * found does not prove that there is nothing. All of a record's differences together err in one record
 * of twenty (Bonferroni).
 */
export function machineFactor(repeated: readonly Repeated[]): string[] {
  const compared = repeated.map(results => ({ results, groups: comparedOn(results) }))
  const pairs = compared.flatMap(({ groups }) => groups.flatMap(pairsOf)).length
  const alpha = 0.05 / Math.max(1, pairs)
  return compared.flatMap(({ results, groups }) => {
    const apart = groups.filter(group => pairsOf(group).some(pair => differ(pair, alpha)))
    return [
      ...apart.map(group => `machines disagree: ${nameOf(results)}, ${factorText(group)}`),
      summary(results, groups.length, apart.length),
    ]
  })
}

export function machineName(source: number): string {
  return `machine ${source + 1}`
}

/** What one machine says, and the standard error of its log ratio. */
interface Finding {
  source: number
  comparison: Comparison
  standardError: number
}

/** Of each comparison that has an interval on two machines or more; A and A′ are alike everywhere. */
function comparedOn(results: Repeated): Finding[][] {
  const groups = new Map<string, Finding[]>()
  for (const finding of results.flatMap(findingsOf)) {
    const key = keyOf(finding.comparison)
    groups.set(key, [...(groups.get(key) ?? []), finding])
  }
  return [...groups.values()].filter(group => group.length > 1)
}

function findingsOf({ source, comparisons }: ScenarioResult): Finding[] {
  return comparisons.flatMap(comparison => {
    const { kind, verdict, low, rounds, mdePercent } = comparison
    if (kind === 'aa' || verdict === 'invalid' || low === null || mdePercent === null) return []
    return [{ source, comparison, standardError: standardErrorOf(mdePercent, rounds) }]
  })
}

/** The minimum detectable effect is a known multiple of it: see statistics/minimum-detectable-effect. */
function standardErrorOf(mdePercent: number, rounds: number): number {
  const multiple = studentQuantile(0.975, rounds - 1) + studentQuantile(0.9, rounds - 1)
  return Math.log1p(mdePercent / 100) / multiple
}

function keyOf(comparison: Comparison): string {
  const { kind, metric } = comparison
  return [kind, metric, ...programNames(comparison)].join('\n')
}

function programNames(comparison: Comparison): [compared: string, baseline: string] {
  const { baseline: backend, baselineLoops: loops, baselineRevision: revision } = comparison
  return [programName(comparison), programName({ backend, loops, revision })]
}

type Pair = readonly [one: Finding, other: Finding]

function pairsOf(group: readonly Finding[]): Pair[] {
  return group.flatMap((one, i) => group.slice(i + 1).map((other): Pair => [one, other]))
}

function differ([one, other]: Pair, alpha: number): boolean {
  const verdicts = [one, other].map(({ comparison }) => comparison.verdict)
  if (verdicts.includes('faster') && verdicts.includes('slower')) return true
  const difference = Math.log(one.comparison.ratio / other.comparison.ratio)
  const margin = Math.log1p(one.comparison.marginPercent / 100)
  return Math.abs(difference) > Math.max(margin, halfWidth([one, other], alpha))
}

/**
 * Of the interval for the difference of two log ratios from independent rounds.
 * Source: B. L. Welch, Biometrika 34 (1947); degrees of freedom are rounded down.
 */
function halfWidth(pair: Pair, alpha: number): number {
  const variances = pair.map(({ standardError }) => standardError ** 2)
  const variance = variances[0] + variances[1]
  if (variance === 0) return 0
  const shares = pair.map(
    ({ comparison: { rounds } }, i) => (variances[i] / variance) ** 2 / (rounds - 1),
  )
  const degreesOfFreedom = Math.floor(1 / (shares[0] + shares[1]))
  return studentQuantile(1 - alpha / 2, degreesOfFreedom) * Math.sqrt(variance)
}

/** `cpu of virtual-sockman against direct: +1.0 % [+0.8, +1.2] on machine 1, …` */
function factorText(group: readonly Finding[]): string {
  const [{ comparison }] = group
  const figures = group.map(
    ({ source, comparison: { ratio, low, high } }) =>
      `${change(ratio, low, high)} on ${machineName(source)}`,
  )
  const names = programNames(comparison).join(' against ')
  return `${comparison.metric} of ${names}: ${figures.join(', ')}`
}

function summary(results: Repeated, compared: number, apart: number): string {
  const where = results.map(({ source }) => machineName(source)).join(' and ')
  const kept = `machines: ${nameOf(results)} ran on ${where}, which are kept apart`
  if (compared === 0) return `${kept}; no comparison has a valid interval on two of them`
  return `${kept}; of ${compared} comparisons, found to differ: ${apart === 0 ? 'none' : apart}`
}

function nameOf([{ scenario, label }]: Repeated): string {
  return `${scenario} (${label})`
}
