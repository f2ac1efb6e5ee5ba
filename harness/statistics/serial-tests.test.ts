import assert from 'node:assert/strict'
import { test } from 'node:test'
import { autocorrelation } from './autocorrelation.ts'
import { trend } from './trend.ts'

function tested<T extends { state: string }>(found: T): Extract<T, { state: 'tested' }> {
  assert.equal(found.state, 'tested')
  return found as Extract<T, { state: 'tested' }>
}

/** Share of all arrangements for which `isSo`. */
function shareOfArrangements(values: readonly number[], isSo: (arranged: number[]) => boolean) {
  const all = permutations(values)
  return all.filter(isSo).length / all.length
}

function permutations(values: readonly number[]): number[][] {
  if (values.length === 0) return [[]]
  return values.flatMap((value, i) =>
    permutations(values.toSpliced(i, 1)).map(rest => [value, ...rest]),
  )
}

/** Kendall's S: rising pairs less falling ones. */
function kendallS(series: readonly number[]): number {
  return series.reduce(
    (sum, later, j) =>
      sum + series.slice(0, j).reduce((s, earlier) => s + Math.sign(later - earlier), 0),
    0,
  )
}

test('a trend has the p of Kendall’s tables', () => {
  // One-sided P(S ≥ s), Kendall, Rank Correlation Methods, appendix table 1
  const rising = [1, 2, 3, 4, 5, 6, 7, 8]
  assert.equal(tested(trend(rising)).tau, 1)
  assert.ok(Math.abs(tested(trend(rising)).p - 2 / 40320) < 1e-12)
  const sixteen = [3, 2, 1, 5, 4, 8, 7, 6]
  assert.equal(kendallS(sixteen), 14)
  assert.equal((tested(trend(sixteen)).p / 2).toFixed(3), '0.054')
  const twentyTwo = [1, 3, 2, 4, 6, 5, 7, 8]
  assert.equal(kendallS(twentyTwo), 24)
  assert.equal((tested(trend(twentyTwo)).p / 2).toFixed(5), '0.00087')
  const tenRounds = [2, 1, 4, 3, 7, 6, 5, 10, 9, 8]
  assert.equal(kendallS(tenRounds), 29)
  assert.equal((tested(trend(tenRounds)).p / 2).toFixed(4), '0.0046')
})

test('with ties the p of a trend is the share of arrangements that lean as far', () => {
  for (const series of [
    [5, 3, 3, 1, 2, 9],
    [1, 1, 1, 2, 2, 3, 3],
    [0, 0, 0, 0, 7],
  ]) {
    const s = kendallS(series)
    const { tau, p } = tested(trend(series))
    const share = shareOfArrangements(series, other => Math.abs(kendallS(other)) >= Math.abs(s))
    assert.ok(Math.abs(p - share) < 1e-12, `${series.join()}: ${p}, not ${share}`)
    assert.equal(tau, s / ((series.length * (series.length - 1)) / 2))
  }
})

test('a falling trend is as likely as its mirror image, and has the opposite tau', () => {
  const series = [1, 3, 2, 4, 6, 5, 7, 8]
  const up = tested(trend(series))
  const down = tested(trend(series.toReversed()))
  assert.deepEqual([down.tau, down.p], [-up.tau, up.p])
})

test('the p of an autocorrelation is the share of arrangements that are as smooth', () => {
  const steps = (series: number[]) =>
    series.slice(1).reduce((sum, x, i) => sum + (x - series[i]) ** 2, 0)
  for (const ranks of [
    [1, 2, 4, 3, 5, 6, 7],
    [1, 3, 2, 4, 7, 5, 6],
    [3, 1.5, 1.5, 4.5, 4.5, 6, 7],
  ]) {
    const exact = shareOfArrangements(ranks, other => steps(other) <= steps(ranks))
    const { p } = tested(autocorrelation(ranks))
    const deviation = Math.sqrt((exact * (1 - exact)) / 2000)
    assert.ok(Math.abs(p - exact) < 4 * deviation + 1 / 2000, `${ranks.join()}: ${p}, not ${exact}`)
  }
})

test('neighbours that are alike are told from neighbours that alternate', () => {
  const wave = [1, 2, 3, 4, 5, 6, 7, 8, 7.5, 6.5, 5.5, 4.5, 3.5, 2.5, 1.5, 0.5]
  const alike = tested(autocorrelation(wave))
  assert.ok(alike.lag1 > 0.9 && alike.p < 0.002, JSON.stringify(alike))
  const alternating = tested(autocorrelation([1, 10, 2, 9, 3, 8, 4, 7, 5, 6]))
  assert.ok(alternating.lag1 < -0.5 && alternating.p > 0.9, JSON.stringify(alternating))
  // Steps of 1 between five ranks: von Neumann's ratio is 4/10
  assert.equal(tested(autocorrelation([10, 20, 30, 40, 50])).lag1, 0.8)
})

test('only the order of the values counts, and the answer is always the same', () => {
  const series = [3, 1, 4, 1, 5, 9, 2, 6]
  const found = autocorrelation(series)
  assert.deepEqual(autocorrelation(series.map(x => Math.exp(x))), found)
  assert.deepEqual(autocorrelation(series), found)
})

test('values that are all equal have neither trend nor autocorrelation', () => {
  assert.deepEqual(trend(Array(8).fill(2)), { state: 'tested', tau: 0, p: 1 })
  assert.deepEqual(autocorrelation(Array(8).fill(2)), { state: 'tested', lag1: 0, p: 1 })
})

test('four values are too few for either', () => {
  assert.deepEqual(trend([1, 2, 3, 4]), { state: 'too-few', needed: 5 })
  assert.deepEqual(autocorrelation([1, 2, 3, 4]), { state: 'too-few', needed: 5 })
})
