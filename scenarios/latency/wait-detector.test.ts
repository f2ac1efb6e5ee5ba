import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mulberry32 } from '../random.ts'
import { LatencyHistogram } from './histogram.ts'
import { detectWaits, type Samples } from './wait-detector.ts'

type Random = () => number
/** Draws one latency in milliseconds. */
type Latency = (random: Random) => number

const uniform =
  (fromMs: number, toMs: number): Latency =>
  random =>
    fromMs + (toMs - fromMs) * random()
const exponential =
  (meanMs: number): Latency =>
  random =>
    -meanMs * Math.log(1 - random())
const normal =
  (meanMs: number, deviationMs: number): Latency =>
  random => {
    // Box-Muller
    const radius = Math.sqrt(-2 * Math.log(1 - random()))
    return Math.max(0, meanMs + deviationMs * radius * Math.cos(2 * Math.PI * random()))
  }
const lognormal =
  (medianMs: number, sigma: number): Latency =>
  random =>
    medianMs * Math.exp(normal(100, 1)(random) * sigma - 100 * sigma)
const mixture =
  (share: number, some: Latency, rest: Latency): Latency =>
  random =>
    random() < share ? some(random) : rest(random)

/** An optimistic send over loopback. */
const fast = lognormal(0.05, 0.6)
/** The same on a machine that delays 1 % of threads by 4-20 ms. */
const noisy = mixture(0.01, uniform(4, 20), fast)
/** poll returns at its timeout or a little later, and the message was queued a little after it. */
const fullSleep = normal(50, 0.3)

describe('verdicts worked by hand', () => {
  /** Samples per millisecond: pairs of a range `[from, to)` and how many are in each of it. */
  function counts(...parts: [number, number, number][]): Samples {
    const all = Array.from({ length: 100 }, () => 0)
    for (const [fromMs, toMs, count] of parts) all.fill(count, fromMs, toMs)
    return perMs(all)
  }

  test('fewer than 100 samples give no verdict', () => {
    assert.deepEqual(detectWaits(counts([0, 33, 3])), { state: 'too-few', samples: 99 })
    assert.equal(detectWaits(counts([0, 50, 2])).state, 'waits')
    assert.deepEqual(detectWaits(perMs([])), { state: 'too-few', samples: 0 })
  })

  test('20 in every millisecond up to 50: all waited, a tenth of them nearly to the end', () => {
    assert.deepEqual(detectWaits(counts([0, 50, 20])), {
      state: 'waits',
      kind: 'uniform',
      samples: 1000,
      nearTimeoutShare: 0.1,
      waitingShare: 1,
    })
  })

  test('20 in every millisecond up to 50 and on to 100: nobody waited for 50', () => {
    assert.deepEqual(detectWaits(counts([0, 100, 20])), {
      state: 'none',
      samples: 2000,
      nearTimeoutShare: 0.1,
    })
  })

  test('the level density may begin above the fast samples, and is what is counted', () => {
    // 2 each in 50 ms are 100 of 1,000
    assert.deepEqual(detectWaits(counts([0, 1, 902], [1, 50, 2])), {
      state: 'waits',
      kind: 'uniform',
      samples: 1000,
      nearTimeoutShare: 0.01,
      waitingShare: 0.1,
    })
  })

  test('a level density that begins at 5 ms or ends at 45 ms is another thing', () => {
    assert.equal(detectWaits(counts([0, 50, 20])).state, 'waits')
    assert.equal(detectWaits(counts([5, 50, 20])).state, 'none')
    assert.equal(detectWaits(counts([0, 45, 20])).state, 'none')
  })

  test('a density with a slope, or with a hole, is not level', () => {
    const falling = counts([0, 15, 26], [15, 25, 22], [25, 35, 18], [35, 50, 14])
    const rising = counts([0, 15, 14], [15, 25, 18], [25, 35, 22], [35, 50, 26])
    const hole = counts([0, 15, 20], [15, 25, 8], [25, 50, 20])
    assert.equal(detectWaits(falling).state, 'none')
    assert.equal(detectWaits(rising).state, 'none')
    assert.equal(detectWaits(hole).state, 'none')
  })

  test('a slope that no single bin gives away is not level', () => {
    // chi-squared 11.8; slope 172, with a standard error of 50
    const falling = counts([0, 15, 12.6], [15, 25, 10.8], [25, 35, 9.2], [35, 50, 7.4])
    const rising = counts([0, 15, 7.4], [15, 25, 9.2], [25, 35, 10.8], [35, 50, 12.6])
    assert.equal(detectWaits(falling).state, 'none')
    assert.equal(detectWaits(rising).state, 'none')
  })

  test('of 10 samples at 50 ms with 4 spread around them, 9 are the spike', () => {
    // 4 in the 40 ms around are 1 in 10 ms
    const verdict = detectWaits(counts([0, 1, 986], [26, 30, 1], [50, 51, 10]))
    assert.deepEqual(verdict, {
      state: 'waits',
      kind: 'at-timeout',
      samples: 1000,
      nearTimeoutShare: 0.01,
      waitingShare: 0.009,
    })
  })

  test('3 samples at 50 ms are a spike if nothing is around them, not with one beside', () => {
    assert.equal(detectWaits(counts([0, 1, 200], [50, 51, 3])).state, 'waits')
    assert.equal(detectWaits(counts([0, 1, 200], [50, 51, 3], [60, 61, 1])).state, 'none')
    assert.equal(detectWaits(counts([0, 1, 200], [50, 51, 2])).state, 'none')
  })

  test('a hump around 50 ms, three times its surroundings, is no spike', () => {
    assert.equal(detectWaits(counts([25, 45, 10], [45, 55, 30], [55, 75, 10])).state, 'none')
    assert.equal(detectWaits(counts([25, 45, 10], [45, 55, 50], [55, 75, 10])).state, 'waits')
  })

  test('a spike of fewer than 1 in 1,000 is left to the counters', () => {
    assert.equal(detectWaits(counts([0, 1, 99_901], [50, 51, 99])).state, 'none')
    assert.equal(detectWaits(counts([0, 1, 99_900], [50, 51, 100])).state, 'waits')
  })

  test('where both shapes are, the kind is the larger and the share their sum', () => {
    // level: 10 each in 50 ms = 500; spike: 300 + 50 near, 200 in the 40 ms around = 50 in 10
    const verdict = detectWaits(counts([0, 50, 10], [50, 51, 300]))
    assert.deepEqual(verdict, {
      state: 'waits',
      kind: 'uniform',
      samples: 800,
      nearTimeoutShare: 350 / 800,
      waitingShare: 1,
    })
  })

  test('a push to 125 subscribers is one sample: 3 pushes at 50 ms show, 2 do not', () => {
    const pushes = (late: number) => counts([0, 1, 125 * (200 - late)], [50, 51, 125 * late])
    assert.equal(detectWaits(pushes(2), 200).state, 'none')
    assert.equal(detectWaits(pushes(2)).state, 'waits')
    const verdict = detectWaits(pushes(3), 200)
    assert.ok(verdict.state === 'waits')
    assert.equal(verdict.samples, 25_000)
    assert.equal(verdict.waitingShare, 3 / 200)
    assert.equal(detectWaits(pushes(3), 99).state, 'too-few')
  })

  test('what a histogram recorded in nanoseconds is judged like the same counts', () => {
    const histogram = LatencyHistogram.empty()
    for (let ms = 0; ms < 50; ms++) {
      for (let tenth = 0; tenth < 10; tenth++) histogram.record((ms + 0.05 + tenth / 10) * 1e6)
    }
    assert.deepEqual(detectWaits(histogram), detectWaits(counts([0, 50, 10])))
    histogram.destroy()
  })
})

describe('what is no wait for the timeout', () => {
  const families: Record<string, Latency> = {
    'a fast server': fast,
    'a fast server on a noisy machine': noisy,
    'a slow server, lognormal around 20 ms': lognormal(20, 0.5),
    'a slow server, lognormal around 20 ms, broad': lognormal(20, 1),
    'a slow server, lognormal around 50 ms': lognormal(50, 0.3),
    'a slow server, normal around 50 ms': normal(50, 10),
    'a slow server, exponential with mean 5 ms': exponential(5),
    'a slow server, exponential with mean 10 ms': exponential(10),
    'a slow server, exponential with mean 20 ms': exponential(20),
    'a slow server, exponential with mean 50 ms': exponential(50),
    'a constant 30 ms': () => 30,
    'two speeds, 1 and 200 ms': mixture(0.5, normal(1, 0.1), normal(200, 20)),
    'delayed acknowledgements, 40 to 44 ms': mixture(0.3, uniform(40, 44), fast),
    'a timer of 40 ms': uniform(0, 40),
    'a timer of 100 ms': uniform(0, 100),
    'a tail without a scale (Pareto) from 1 ms': random => 1 / (1 - random()),
    'a thin level tail over 0 to 100 ms': mixture(0.01, uniform(0, 100), fast),
  }
  for (const [name, latency] of Object.entries(families)) {
    for (const samples of [200, 1000, 10_000]) {
      test(`${name}: at most 1 % false detections with ${samples} samples`, () => {
        const found = detections(latency, samples)
        assert.ok(found.share <= 0.01, `${found.share}`)
      })
    }
  }
})

test('pushes to 125 subscribers wait together: 200 of them are found in at least 99 %', () => {
  const random = mulberry32(125)
  let found = 0
  for (let draw = 0; draw < DRAWS; draw++) {
    const counts = Array.from({ length: 100 }, () => 0)
    for (let push = 0; push < 200; push++) counts[Math.floor(50 * random())] += 125
    if (detectWaits(perMs(counts), 200).state === 'waits') found += 1
  }
  assert.ok(found >= 0.99 * DRAWS, `${found}`)
})

describe('a slow minority, which few samples cannot tell from uniform waits', () => {
  const families: [string, Latency, number[]][] = [
    ['a third, exponential with mean 20 ms', mixture(1 / 3, exponential(20), fast), [1000, 10_000]],
    ['a third, normal around 25 ms', mixture(1 / 3, normal(25, 10), fast), [1000, 10_000]],
    ['a fifth, rising up to 60 ms', mixture(0.2, r => 60 * Math.sqrt(r()), fast), [1000, 10_000]],
    ['a fifth, falling down to 60 ms', mixture(0.2, r => 60 - 60 * Math.sqrt(r()), fast), [10_000]],
  ]
  for (const [name, latency, sizes] of families) {
    for (const samples of sizes) {
      test(`${name}: at most 1 % false detections with ${samples} samples`, () => {
        const found = detections(latency, samples)
        assert.ok(found.share <= 0.01, `${found.share}`)
      })
    }
  }
})

describe('what waited for the timeout', () => {
  const uniformWait = uniform(0, 50)
  const families: [string, Latency, 'at-timeout' | 'uniform', number, number[]][] = [
    ['every sample, uniform', uniformWait, 'uniform', 1, [200, 1000, 10_000]],
    [
      'every sample, uniform, and 1 ms of service',
      random => uniformWait(random) + exponential(1)(random),
      'uniform',
      1,
      [200, 1000, 10_000],
    ],
    ['half, uniform', mixture(0.5, uniformWait, fast), 'uniform', 0.5, [200, 1000]],
    ['5 %, uniform', mixture(0.05, uniformWait, fast), 'uniform', 0.05, [1000, 10_000]],
    [
      'a fifth, uniform, on a noisy machine',
      mixture(0.2, uniformWait, noisy),
      'uniform',
      0.21,
      [1000, 10_000],
    ],
    ['every sample, all of it', fullSleep, 'at-timeout', 1, [200, 1000, 10_000]],
    ['1 %, all of it', mixture(0.01, fullSleep, fast), 'at-timeout', 0.01, [1000, 10_000]],
    [
      '1 %, all of it, on a noisy machine',
      mixture(0.01, fullSleep, noisy),
      'at-timeout',
      0.01,
      [1000, 10_000],
    ],
    [
      'a fifth uniform, half all of it',
      mixture(0.2, uniformWait, mixture(0.625, fullSleep, fast)),
      'at-timeout',
      0.7,
      [1000, 10_000],
    ],
  ]
  for (const [name, latency, kind, waiting, sizes] of families) {
    for (const samples of sizes) {
      test(`${name}: found in at least 99 % with ${samples} samples`, () => {
        const found = detections(latency, samples)
        assert.ok(found.share >= 0.99, `${found.share}`)
        assert.ok(
          Math.abs(found.meanWaitingShare / waiting - 1) < 0.1,
          `${found.meanWaitingShare} for ${waiting}`,
        )
        assert.ok((found.kinds[kind] ?? 0) >= 0.99 * DRAWS, JSON.stringify(found.kinds))
      })
    }
  }
})

const DRAWS = 1000
const POOL = 200_000

/** Asks the detector about 1,000 runs of that many samples. */
function detections(latency: Latency, samples: number) {
  const random = mulberry32(samples)
  const density = densityPerMs(latency, random)
  const kinds: Record<string, number> = {}
  let found = 0
  let waitingShare = 0
  for (let draw = 0; draw < DRAWS; draw++) {
    const verdict = detectWaits(perMs(density.map(share => poisson(share * samples, random))))
    if (verdict.state !== 'waits') continue
    found += 1
    waitingShare += verdict.waitingShare
    kinds[verdict.kind] = (kinds[verdict.kind] ?? 0) + 1
  }
  return { share: found / DRAWS, meanWaitingShare: waitingShare / found, kinds }
}

/** Share of latencies in each millisecond, the last one with all from 100 ms. */
function densityPerMs(latency: Latency, random: Random): number[] {
  const density = Array.from({ length: 101 }, () => 0)
  for (let i = 0; i < POOL; i++) density[Math.min(100, Math.floor(latency(random)))] += 1 / POOL
  return density
}

/** Samples given as how many there are in each millisecond from 0. */
function perMs(counts: number[]): Samples {
  return {
    count: counts.reduce((sum, n) => sum + n, 0),
    buckets: () => counts.map((count, ms) => ({ fromNs: ms * 1e6, toNs: (ms + 1) * 1e6, count })),
  }
}

/** A Poisson count: Knuth's product of uniforms, and the normal distribution for large means. */
function poisson(mean: number, random: Random): number {
  if (mean > 50) return Math.max(0, Math.round(normal(mean, Math.sqrt(mean))(random)))
  let count = 0
  for (let product = random(); product > Math.exp(-mean); product *= random()) count += 1
  return count
}
