import type { Histogram } from 'hdr-histogram-js'
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  initWebAssemblySync,
  JsHistogram,
  WasmHistogram,
} from 'hdr-histogram-js'

/** Samples of `fromNs <= ns < toNs`; `toNs - fromNs` is at most a thousandth of `fromNs`, or 1. */
export interface Bucket {
  fromNs: number
  toNs: number
  count: number
}

/**
 * Nanoseconds, to a thousandth: percentiles and max rounded up, min down. A percentile is null when
 * fewer than 10 samples lie beyond it, since then it says where those few happened to fall: p99
 * takes 1,000 samples, p99.9 takes 10,000. The others are null when there is no sample.
 */
export interface LatencySummary {
  min: number | null
  p50: number | null
  p90: number | null
  p99: number | null
  p999: number | null
  max: number | null
  mean: number | null
}

/** Longer latencies count as this one, and in `clamped`. */
const LONGEST_NS = 60e9

const SAMPLES_BEYOND_PERCENTILE = 10

/** 32-bit counts, in 110 kB. */
const COUNT_BITS = 32

/**
 * Latencies in nanoseconds, 0 to 60 s, kept to 3 significant digits in an HDR histogram. Its
 * memory belongs to WebAssembly, which no garbage collector sees: `destroy` it when done. The first
 * one of a process takes 20 ms, to load that: make it before measuring.
 *
 * Whatever it answers it also answers after `deserialise(serialise())`, so that figures computed
 * from a record on disk are those of the run.
 */
export class LatencyHistogram {
  private readonly wasm: WasmHistogram

  private constructor(wasm: WasmHistogram) {
    this.wasm = wasm
  }

  static empty(): LatencyHistogram {
    initWebAssemblySync()
    return new LatencyHistogram(
      asWasm(
        build({
          lowestDiscernibleValue: 1,
          highestTrackableValue: LONGEST_NS,
          numberOfSignificantValueDigits: 3,
          bitBucketSize: COUNT_BITS,
          autoResize: false,
          useWebAssembly: true,
        }),
      ),
    )
  }

  /** @throws Error when `text` is not what `serialise` gave */
  static deserialise(text: string): LatencyHistogram {
    initWebAssemblySync()
    return new LatencyHistogram(asWasm(decodeFromCompressedBase64(text, COUNT_BITS, true)))
  }

  /** @throws RangeError for what no clock can have measured: negative, infinite, not a number */
  record(ns: number): void {
    if (!(ns >= 0 && ns < Infinity)) {
      throw new RangeError(`a latency of ${ns} ns: start and end are not of one monotonic clock`)
    }
    this.wasm.recordValue(Math.min(ns, LONGEST_NS))
  }

  add(other: LatencyHistogram): void {
    this.wasm.add(other.wasm)
  }

  get count(): number {
    return this.wasm.totalCount
  }

  /** Samples of 60 s (to 3 digits) or more: percentiles that reach them are too low. */
  get clamped(): number {
    let clamped = 0
    for (const { toNs, count } of this.buckets()) if (toNs > LONGEST_NS) clamped += count
    return clamped
  }

  /** @param samplesTogether so many samples count as one, since they may have had one wait in common */
  percentiles(samplesTogether = 1): LatencySummary {
    const { count } = this
    const fewest = SAMPLES_BEYOND_PERCENTILE * samplesTogether
    const at = (percent: number) => this.wasm.getValueAtPercentile(percent)
    const unlessFewBeyond = (perMille: number) =>
      (count * (1000 - perMille)) / 1000 < fewest ? null : at(perMille / 10)
    return {
      min: count === 0 ? null : at(0),
      p50: unlessFewBeyond(500),
      p90: unlessFewBeyond(900),
      p99: unlessFewBeyond(990),
      p999: unlessFewBeyond(999),
      max: count === 0 ? null : at(100),
      mean: count === 0 ? null : this.wasm.mean,
    }
  }

  /** The buckets that hold samples, shortest latency first. */
  *buckets(): Generator<Bucket, void> {
    // The WebAssembly twin cannot be iterated, the one in JavaScript can.
    const histogram = decodeFromCompressedBase64(this.serialise(), COUNT_BITS, false)
    if (!(histogram instanceof JsHistogram)) throw new Error('expected a JavaScript histogram')
    const iterator = histogram.recordedValuesIterator
    iterator.reset()
    while (iterator.hasNext()) {
      const { valueIteratedTo, countAtValueIteratedTo } = iterator.next()
      yield {
        fromNs: histogram.lowestEquivalentValue(valueIteratedTo),
        toNs: histogram.nextNonEquivalentValue(valueIteratedTo),
        count: countAtValueIteratedTo,
      }
    }
  }

  /** HdrHistogram's V2 compressed format in base64, which its ports in other languages read. */
  serialise(): string {
    return encodeIntoCompressedBase64(this.wasm)
  }

  /** Gives the memory back. Any later call throws. */
  destroy(): void {
    this.wasm.destroy()
  }
}

function asWasm(histogram: Histogram): WasmHistogram {
  if (histogram instanceof WasmHistogram) return histogram
  throw new Error('expected a WebAssembly histogram')
}
