import assert from 'node:assert/strict'
import { test } from 'node:test'
import { histogramOf, steady, uniformWaits } from '../fixtures/latency.ts'
import type { Metric, ProcessSample } from '../record.ts'
import {
  killedProcess,
  measuredLatency,
  syntheticProcess,
} from '../report/fixtures/synthetic-record.ts'
import { analyse } from './analyse.ts'

const SAMPLES = 1_000

/** So many rounds of A, A′ and another backend; `latencies` are samples of one process in ns. */
function rounds(
  count: number,
  latencies: (name: string, round: number) => number[],
  lag: (name: string) => number[] | null = () => null,
  of: 'driver' | 'subject' = 'driver',
): ProcessSample[] {
  return Array.from({ length: count }, (_, round) =>
    [
      { backend: 'direct', arm: 'A' as const },
      { backend: 'direct', arm: "A'" as const },
      { backend: 'other', arm: 'B' as const },
    ].map(({ backend, arm }) => {
      const name = arm === 'B' ? backend : arm
      const lags = lag(name)
      const latency = {
        histogram: histogramOf(latencies(name, round)),
        lag: lags === null ? null : { of, histogram: histogramOf(lags) },
      }
      return syntheticProcess({ round, backend, arm, cost: 1, latency })
    }),
  ).flat()
}

const conclude = (processes: ProcessSample[]) =>
  analyse(measuredLatency(processes), { marginPercent: 1, roundsAre: 'over' })

function figureOf(processes: ProcessSample[], metric: Metric, arm = 'B'): number | undefined {
  const { estimates } = conclude(processes).conclusions
  return estimates.find(e => e.metric === metric && e.arm === arm)?.value
}

const near = (value: number | undefined, expected: number) =>
  assert.ok(value !== undefined && Math.abs(value / expected - 1) < 0.002, String(value))

test('a percentile is the median over processes, in µs', () => {
  const processes = rounds(3, (_, round) => [
    ...steady((1 + round) * 100e3, SAMPLES),
    ...steady(50e6, SAMPLES / 20),
  ])
  near(figureOf(processes, 'latencyP50'), 200)
  near(figureOf(processes, 'latencyP99'), 50_000)
})

test('the maximum is the longest of all processes, and its range is over processes', () => {
  const processes = rounds(3, (_, round) => [...steady(1e3, SAMPLES), (1 + round) * 1e6])
  near(figureOf(processes, 'latencyMax'), 3_000)
  const { estimates } = conclude(processes).conclusions
  const longest = estimates.find(({ metric, arm }) => metric === 'latencyMax' && arm === 'B')
  near(longest?.low, 1_000)
  assert.equal(longest?.interval, 'range')
})

test('a percentile that its processes have too few samples for is not given', () => {
  const processes = rounds(6, () => steady(1e3, 500))
  assert.equal(figureOf(processes, 'latencyP99'), undefined)
  near(figureOf(processes, 'latencyP50'), 1)
  const { comparisons } = conclude(processes).conclusions
  assert.ok(!comparisons.some(({ metric }) => metric === 'latencyP99'))
})

test('p50 and p99 are compared by process, the reference being A and A′', () => {
  const level = { A: 100e3, "A'": 100e3, other: 150e3 }
  const processes = rounds(6, (name, round) =>
    steady(level[name as keyof typeof level] * (1 + round / 10), SAMPLES),
  )
  const { comparisons } = conclude(processes).conclusions
  for (const metric of ['latencyP50', 'latencyP99']) {
    const [aa, backend] = comparisons.filter(one => one.metric === metric)
    assert.deepEqual([aa.kind, aa.verdict], ['aa', 'equivalent'])
    assert.deepEqual([backend.backend, backend.verdict, backend.unit], ['other', 'slower', 'µs'])
    near(backend.ratio, 1.5)
  }
})

test('a process that failed has no part in it', () => {
  const processes = rounds(7, () => steady(100e3, SAMPLES))
  const killed = processes.map(p =>
    p.arm === 'B' && p.round === 0 ? killedProcess(0, 'other', 'B') : p,
  )
  const { comparisons } = conclude(killed).conclusions
  const compared = comparisons.find(c => c.metric === 'latencyP50' && c.backend === 'other')
  assert.equal(compared?.rounds, 6)
})

test('the detector says of each backend what it finds in all its processes together', () => {
  const processes = rounds(2, name =>
    name === 'other' ? uniformWaits(SAMPLES) : steady(100e3, SAMPLES),
  )
  const { waits } = conclude(processes).conclusions
  const [direct, other] = waits
  assert.deepEqual([direct.backend, direct.verdict.state], ['direct', 'none'])
  assert.equal(direct.verdict.samples, 4 * SAMPLES)
  assert.ok(other.verdict.state === 'waits' && other.verdict.kind === 'uniform')
})

test('the detector is asked about one loop and a loop each apart', () => {
  const waiting = { histogram: histogramOf(uniformWaits(SAMPLES)), lag: null }
  const prompt = { histogram: histogramOf(steady(100e3, SAMPLES)), lag: null }
  const processes = [
    ['one', 'A', prompt] as const,
    ['one', "A'", prompt] as const,
    ['each', 'B', waiting] as const,
  ].map(([loops, arm, latency]) =>
    syntheticProcess({ round: 0, backend: 'direct', loops, arm, cost: 1, latency }),
  )
  const { waits } = conclude(processes).conclusions
  assert.deepEqual(
    waits.map(({ backend, loops, verdict }) => [backend, loops, verdict.state, verdict.samples]),
    [
      ['direct', 'one', 'none', 2 * SAMPLES],
      ['direct', 'each', 'waits', SAMPLES],
    ],
  )
})

test('what went to many subscribers at once is one sample to the detector', () => {
  const processes = rounds(1, () => uniformWaits(SAMPLES))
  const verdict = (samplesTogether: number) => {
    const measured = { ...measuredLatency(processes), samplesTogether }
    return analyse(measured, { marginPercent: 1, roundsAre: 'over' }).conclusions.waits[1].verdict
  }
  assert.equal(verdict(10).state, 'waits')
  // fewer than 100
  assert.deepEqual(verdict(11), { state: 'too-few', samples: SAMPLES })
})

test('ten waits must lie beyond a percentile, however many samples had each in common', () => {
  const processes = rounds(1, () => steady(1e3, SAMPLES))
  const given = (samplesTogether: number) => {
    const measured = { ...measuredLatency(processes), samplesTogether }
    const { estimates } = analyse(measured, { marginPercent: 1, roundsAre: 'over' }).conclusions
    return estimates.flatMap(({ metric, arm, unit }) =>
      arm === 'B' && unit === 'µs' ? [metric] : [],
    )
  }
  assert.deepEqual(given(1), ['latencyP50', 'latencyP90', 'latencyP99', 'latencyMax'])
  assert.deepEqual(given(10), ['latencyP50', 'latencyP90', 'latencyMax'])
  assert.deepEqual(given(11), ['latencyP50', 'latencyMax'])
})

test('a closed loop that the driver holds up has percentiles, and nothing is compared by them', () => {
  const timed = (driverFactor: number) => {
    const latency = { histogram: histogramOf(latencies()), lag: null }
    const subjects = [
      ['direct', 'A', 0.25] as const,
      ['direct', "A'", 0.25] as const,
      ['held', 'B', driverFactor] as const,
      ['other', 'B', 0.25] as const,
    ]
    const processes = [0, 1, 2, 3, 4, 5].flatMap(round =>
      subjects.map(([backend, arm, factor]) =>
        syntheticProcess({ round, backend, arm, cost: 1, driverFactor: factor, latency }),
      ),
    )
    const { conclusions, warnings } = conclude(processes)
    const compared = conclusions.comparisons.filter(
      ({ unit, kind }) => unit === 'µs' && kind !== 'aa',
    )
    const given = conclusions.estimates.filter(e => e.backend === 'held' && e.unit === 'µs')
    const names = new Set(compared.map(({ backend }) => backend))
    return { compared: [...names], given: given.length, warnings: warnings.join('\n') }
  }
  const held = timed(1.2)
  assert.deepEqual(held.compared, ['other'])
  assert.equal(held.given, timed(0.25).given)
  assert.match(
    held.warnings,
    /held: the driver was the bottleneck, .*, and its latencies, which are mostly the driver's, are not/,
  )
  assert.deepEqual(timed(0.25).compared, ['held', 'other'])
})

const latencies = () => steady(1e6, SAMPLES)

test('a generator that was late by more than a tenth invalidates the latencies', () => {
  const late = rounds(6, latencies, name => steady(name === 'other' ? 110e3 : 90e3, SAMPLES))
  const { conclusions, warnings } = conclude(late)
  assert.match(
    conclusions.latencyInvalid ?? '',
    /^the load of other was itself late: p50 of its lag is 110 µs, of the latency 100\d µs$/,
  )
  assert.deepEqual(
    conclusions.estimates.filter(({ unit }) => unit === 'µs'),
    [],
  )
  assert.ok(!conclusions.comparisons.some(({ unit }) => unit === 'µs'))
  assert.match(warnings.join('\n'), /the load of other was itself late: .*; so no latency is given/)
})

test('lags of up to 10 µs at p50, 50 at p90 and 250 at p99 are no news, nor a tenth of the latency', () => {
  const invalid = (latencyNs: number, lags: number[]) =>
    conclude(
      rounds(
        1,
        () => steady(latencyNs, SAMPLES),
        () => lags,
      ),
    ).conclusions.latencyInvalid
  assert.equal(invalid(50e3, steady(9.9e3, SAMPLES)), null)
  assert.match(invalid(50e3, steady(10.2e3, SAMPLES)) ?? '', /p50 of its lag is 10 µs/)
  assert.equal(invalid(2e6, steady(190e3, SAMPLES)), null)
  const tail = (ns: number, share: number) => [
    ...steady(1e3, SAMPLES),
    ...steady(ns, SAMPLES * share),
  ]
  assert.equal(invalid(50e3, tail(49e3, 0.2)), null)
  assert.match(invalid(50e3, tail(55e3, 0.2)) ?? '', /p90 of its lag is 55 µs/)
  assert.equal(invalid(50e3, tail(249e3, 0.05)), null)
  assert.match(invalid(50e3, tail(260e3, 0.05)) ?? '', /p99 of its lag is 260 µs/)
})

test('how late subjects are to do what they pace themselves is part of their latency', () => {
  const late = rounds(1, latencies, () => steady(900e3, SAMPLES), 'subject')
  assert.equal(conclude(late).conclusions.latencyInvalid, null)
})

test('where a schedule set the pace, elapsed time is not given, and nobody held anybody up', () => {
  for (const of of ['driver', 'subject'] as const) {
    const { conclusions } = conclude(rounds(6, latencies, () => steady(1e3, SAMPLES), of))
    assert.ok(!conclusions.estimates.some(({ metric }) => metric === 'wall'))
    assert.ok(!conclusions.comparisons.some(({ metric }) => metric === 'wall'))
    assert.deepEqual(conclusions.driverBound, [])
    assert.equal(conclusions.latencyInvalid, null)
  }
})
