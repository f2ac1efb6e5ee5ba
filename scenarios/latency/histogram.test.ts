import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { LatencyHistogram } from './histogram.ts'

function histogramOf(latenciesNs: Iterable<number>): LatencyHistogram {
  const histogram = LatencyHistogram.empty()
  for (const ns of latenciesNs) histogram.record(ns)
  return histogram
}

function* range(from: number, to: number): Generator<number> {
  for (let n = from; n <= to; n++) yield n
}

describe('percentiles', () => {
  test('of 1 to 1,000 ns are exact', () => {
    assert.deepEqual(histogramOf(range(1, 1000)).percentiles(), {
      min: 1,
      p50: 500,
      p90: 900,
      p99: 990,
      p999: null,
      max: 1000,
      mean: 500.5,
    })
  })

  test('are null with fewer than 10 samples beyond them', () => {
    const nulls = (count: number) =>
      Object.entries(histogramOf(range(1, count)).percentiles())
        .filter(([, value]) => value === null)
        .map(([name]) => name)
    assert.deepEqual(nulls(19), ['p50', 'p90', 'p99', 'p999'])
    assert.deepEqual(nulls(20), ['p90', 'p99', 'p999'])
    assert.deepEqual(nulls(99), ['p90', 'p99', 'p999'])
    assert.deepEqual(nulls(100), ['p99', 'p999'])
    assert.deepEqual(nulls(999), ['p99', 'p999'])
    assert.deepEqual(nulls(1000), ['p999'])
    assert.deepEqual(nulls(9999), ['p999'])
    assert.deepEqual(nulls(10_000), [])
  })

  test('of no samples are all null', () => {
    const values = Object.values(LatencyHistogram.empty().percentiles())
    assert.deepEqual(values, [null, null, null, null, null, null, null])
  })

  test('are never below the sample of that rank, and at most a thousandth above', () => {
    fc.assert(
      fc.property(latencies(100, 300), latenciesNs => {
        const sorted = [...latenciesNs].sort((a, b) => a - b)
        const { p50, p90, max } = histogramOf(latenciesNs).percentiles()
        const sample = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]
        for (const [given, truth] of [
          [p50, sample(0.5)],
          [p90, sample(0.9)],
          [max, sample(1)],
        ]) {
          assert.ok(given !== null && truth !== null)
          assert.ok(truth <= given && given <= truth * 1.001, `${given} for ${truth}`)
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('recording', () => {
  test('a latency no clock can have measured throws, and is not counted', () => {
    const histogram = LatencyHistogram.empty()
    for (const ns of [NaN, -1, -0.001, Infinity, -Infinity]) {
      assert.throws(() => histogram.record(ns), RangeError)
    }
    assert.equal(histogram.count, 0)
  })

  test('0 ns is a latency', () => {
    const { min, max } = histogramOf([0]).percentiles()
    assert.deepEqual({ min, max }, { min: 0, max: 0 })
  })

  test('60 s and all above is clamped to 60 s and counted', () => {
    const histogram = histogramOf([1, 59.9e9, 60e9, 61e9, 1e15])
    assert.equal(histogram.count, 5)
    assert.equal(histogram.clamped, 3)
    const { max } = histogram.percentiles()
    assert.ok(max !== null && max >= 60e9 && max <= 60.06e9, `${max}`)
    assert.equal(histogramOf([59.9e9]).clamped, 0)
  })

  test('adding counts the other samples too, and leaves the other alone', () => {
    const histogram = histogramOf(range(1, 500))
    const other = histogramOf(range(501, 1000))
    histogram.add(other)
    assert.deepEqual([...histogram.buckets()], [...histogramOf(range(1, 1000)).buckets()])
    assert.deepEqual(histogram.percentiles(), histogramOf(range(1, 1000)).percentiles())
    assert.equal(other.count, 500)
  })

  test('a histogram cannot be used after it was destroyed', () => {
    const histogram = histogramOf([5])
    histogram.destroy()
    assert.throws(() => histogram.record(5), /destroyed/)
  })

  test('destroyed histograms give their memory back', () => {
    const residentBytes = () => process.memoryUsage().rss
    const use = () => histogramOf([1, 1e9]).destroy()
    for (const _ of range(1, 50)) use()
    const before = residentBytes()
    for (const _ of range(1, 2000)) use()
    // 2,000 histograms of 110 kB are 220 MB
    assert.ok(residentBytes() - before < 60e6, `${(residentBytes() - before) / 1e6} MB more`)
  })
})

describe('buckets', () => {
  test('are one nanosecond wide below 2,048 ns', () => {
    assert.deepEqual(
      [...histogramOf([0, 7, 7, 2047]).buckets()],
      [
        { fromNs: 0, toNs: 1, count: 1 },
        { fromNs: 7, toNs: 8, count: 2 },
        { fromNs: 2047, toNs: 2048, count: 1 },
      ],
    )
  })

  test('have 1,024 steps between powers of two: 50 ms is in 32,768 ns', () => {
    // 50e6 / 32768 = 1525.9
    const [bucket] = histogramOf([50e6]).buckets()
    assert.deepEqual(bucket, { fromNs: 1525 * 32768, toNs: 1526 * 32768, count: 1 })
  })

  test('hold each sample once, in order', () => {
    fc.assert(
      fc.property(latencies(1, 200), latenciesNs => {
        const buckets = [...histogramOf(latenciesNs).buckets()]
        for (const [i, { fromNs, toNs, count }] of buckets.entries()) {
          const inside = latenciesNs.filter(ns => fromNs <= ns && ns < toNs).length
          assert.equal(count, inside)
          assert.ok(i === 0 || buckets[i - 1].toNs <= fromNs)
        }
        const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0)
        assert.equal(total, latenciesNs.length)
      }),
      { numRuns: 50 },
    )
  })
})

describe('serialising', () => {
  test('what it answers, it answers after a round trip', () => {
    fc.assert(
      fc.property(latencies(0, 2000), latenciesNs => {
        const histogram = histogramOf([...latenciesNs, 61e9])
        const copy = LatencyHistogram.deserialise(histogram.serialise())
        assert.equal(copy.count, histogram.count)
        assert.equal(copy.clamped, histogram.clamped)
        assert.deepEqual(copy.percentiles(), histogram.percentiles())
        assert.deepEqual([...copy.buckets()], [...histogram.buckets()])
      }),
      { numRuns: 50 },
    )
  })

  test('a deserialised histogram goes on recording and adding', () => {
    const histogram = LatencyHistogram.deserialise(histogramOf([1, 2]).serialise())
    histogram.record(59e9)
    histogram.add(LatencyHistogram.deserialise(histogramOf([3]).serialise()))
    assert.deepEqual([...histogram.buckets()].map(({ fromNs }) => fromNs).slice(0, 3), [1, 2, 3])
    assert.equal(histogram.count, 4)
  })

  test('a bucket counts beyond 16 bits, before and after', () => {
    const histogram = histogramOf(Array.from({ length: 70_000 }, () => 5))
    const copy = LatencyHistogram.deserialise(histogram.serialise())
    assert.deepEqual([...copy.buckets()], [{ fromNs: 5, toNs: 6, count: 70_000 }])
  })

  test('text that is no histogram throws', () => {
    for (const text of ['', 'HISTFAAA', 'not base64!', 'AAAAAAAAAAAAAAAAAAAAAAAA']) {
      assert.throws(() => LatencyHistogram.deserialise(text), Error, text)
    }
  })
})

/** Latencies of all magnitudes up to 2^35 ns = 34 s. */
function latencies(minLength: number, maxLength: number): fc.Arbitrary<number[]> {
  const latency = fc
    .tuple(fc.integer({ min: 0, max: 35 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([magnitude, fraction]) => Math.floor(fraction * 2 ** magnitude))
  return fc.array(latency, { minLength, maxLength })
}
