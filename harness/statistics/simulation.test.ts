import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Noise, noises } from './noise.ts'
import { type Look, plannedLooks } from './sequential.ts'
import { type Rate, type Simulation, simulate, simulateFlags } from './simulation.ts'

const runs = 800

function simulated(noise: Noise, looks: readonly Look[], more: Partial<Simulation> = {}) {
  const lengthOf = () => looks[looks.length - 1].rounds
  return simulate({ noise, looks, lengthOf, deviation: 2, runs, seed: 5, ...more })
}

/** Below it by no more than four standard errors. The seed is fixed, so the outcome never varies. */
function assertAtLeast(rate: Rate, promised: number, what: string): void {
  const error = Math.sqrt((promised * (1 - promised)) / runs)
  assert.ok(rate.share > promised - 4 * error, `${what}: ${rate.share}, not ${promised}`)
}

function assertAtMost(rate: Rate, promised: number, what: string): void {
  const error = Math.sqrt((promised * (1 - promised)) / runs)
  assert.ok(rate.share < promised + 4 * error, `${what}: ${rate.share}, not ${promised}`)
}

const symmetric = ['Gaussian', 't, 3 df', '10 % at 5 sd'] as const

test('a single look covers and errs as it promises, under Gaussian and heavy-tailed noise', () => {
  for (const name of symmetric) {
    for (const rounds of [8, 16]) {
      const rates = simulated(noises[name], plannedLooks([rounds], 'pocock'), { deviation: 0.25 })
      const what = `${name}, ${rounds} rounds`
      assertAtLeast(rates.coverage, 0.95, what)
      assertAtMost(rates.falseDifference, 0.05, what)
      assertAtMost(rates.falseWithin, 0.025, what)
      assert.equal(rates.rounds, rounds)
    }
  }
})

test('declared looks hold together, also when the rounds end early', () => {
  const cutShort = (random: () => number) => 9 + Math.floor(24 * random())
  for (const name of symmetric) {
    for (const boundary of ['obrien-fleming', 'pocock'] as const) {
      const looks = plannedLooks([8, 16, 24, 32], boundary)
      const rates = simulated(noises[name], looks)
      assertAtLeast(rates.coverage, 0.95, `${name}, ${boundary}`)
      assertAtMost(rates.falseDifference, 0.05, `${name}, ${boundary}`)
      const cut = simulated(noises[name], looks, { lengthOf: cutShort })
      assertAtLeast(cut.coverage, 0.95, `${name}, ${boundary}, cut short`)
    }
  }
})

test('declared looks save rounds where there is little noise', () => {
  const looks = plannedLooks([8, 16, 24, 32], 'obrien-fleming')
  assert.ok(simulated(noises.Gaussian, looks, { deviation: 0.25, runs: 200 }).rounds < 17)
})

test('naive peeking errs in more than one run of ten', () => {
  const peeking = [8, 16, 24, 32].map(rounds => ({ rounds, alpha: 0.05 }))
  const { coverage, falseDifference } = simulated(noises.Gaussian, peeking)
  assert.ok(coverage.share < 0.9, String(coverage.share))
  assert.ok(falseDifference.share > 0.1, String(falseDifference.share))
})

test('a cross-check that disagrees is counted as the tail, and heavy tails have more of it', () => {
  const looks = plannedLooks([32], 'pocock')
  const tailOf = (noise: Noise) => simulated(noise, looks, { deviation: 0.25 }).tail.share
  const [gaussian, contaminated] = [tailOf(noises.Gaussian), tailOf(noises['10 % at 5 sd'])]
  assert.ok(gaussian > 0 && gaussian < 0.03, String(gaussian))
  assert.ok(contaminated > gaussian, `${contaminated}, ${gaussian}`)
})

test('what is left open for the tail claims nothing, and noise is made for all planned rounds', () => {
  const outlier = [...Array.from({ length: 15 }, (_, i) => -0.2 - i / 50), 12]
  const asked = new Set<number>()
  const noise: Noise = (_, rounds) => {
    asked.add(rounds)
    return outlier.slice(0, rounds)
  }
  const looks = plannedLooks([16], 'pocock')
  const found = simulated(noise, looks, { deviation: 1, runs: 1 })
  assert.deepEqual(found.falseWithin, { share: 0, error: 0 })
  assert.deepEqual(found.tail, { share: 1, error: 0 })
  assert.deepEqual([...asked], [16])
})

test('a run too short for any verdict errs in none, and its rounds are counted', () => {
  const looks = plannedLooks([16], 'pocock')
  const found = simulated(noises.Gaussian, looks, { lengthOf: () => 5, runs: 3 })
  const { coverage, falseDifference, falseWithin, tail, rounds } = found
  assert.deepEqual([coverage.share, falseDifference.share, falseWithin.share], [1, 0, 0])
  assert.deepEqual([tail.share, rounds], [0, 5])
})

test('flags are raised as often as their level says by noise, and more often by what they are for', () => {
  const flagged = (name: keyof typeof noises) =>
    simulateFlags({ noise: noises[name], rounds: 16, alpha: 0.05, runs: 200, seed: 8 })
  const gaussian = flagged('Gaussian')
  // Four standard errors above 5 % of 200
  assert.ok(gaussian.trend.share < 0.112 && gaussian.autocorrelation.share < 0.112)
  assert.ok(flagged('drift of 2 sd').trend.share > 1 / 3)
  assert.ok(flagged('AR(1), 0.3').autocorrelation.share > 0.112)
})

test('the same seed gives the same rates, another one others, each with its standard error', () => {
  const looks = plannedLooks([8], 'pocock')
  const first = simulated(noises.Gaussian, looks)
  assert.deepEqual(simulated(noises.Gaussian, looks), first)
  assert.notDeepEqual(simulated(noises.Gaussian, looks, { seed: 6 }), first)
  const { share, error } = first.coverage
  assert.equal(error, Math.sqrt((share * (1 - share)) / runs))
})

test('each noise has a standard deviation of 1, and what is estimated is its 0', () => {
  const random = (seed => () => {
    seed = (seed * 16807) % 2147483647
    return seed / 2147483647
  })(1)
  for (const [name, noise] of Object.entries(noises)) {
    if (name === 'drift of 2 sd') continue
    const values = noise(random, 20_000)
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length
    assert.ok(Math.abs(variance - 1) < (name === 't, 3 df' ? 0.3 : 0.06), `${name}: ${variance}`)
    const pairs = values.slice(1).map((x, i) => x + values[i])
    const positive = pairs.filter(sum => sum > 0).length / pairs.length
    assert.ok(Math.abs(positive - 0.5) < 0.015, `${name}: ${positive}`)
  }
})

test('a drift moves by two deviations from the first round to the last', () => {
  const silent = () => 0
  const values = noises['drift of 2 sd'](silent, 5)
  assert.deepEqual(values, [-1, -0.5, 0, 0.5, 1])
})
