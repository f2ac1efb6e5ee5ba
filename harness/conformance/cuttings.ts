/** One way to send bytes: in these pieces, the other side having taken in each before the next is sent. */
export interface Cutting {
  readonly name: string
  readonly pieces: readonly Uint8Array[]
}

export interface ConformanceOptions {
  /** How each utterance is sent; default: in every cutting. */
  cut?: (bytes: Uint8Array) => Cutting[]
  /** The server has this project's routes. */
  isOurs?: boolean
  onProgress?: (done: number, total: number) => void
}

/** Up to this length an utterance is cut at every byte, and sent byte by byte. */
const CHEAP_BYTES = 600
/** A longer one is cut in so many places, and at those beside its ends. */
const PLACES = 16
/** Where a P2P header's parts and an HTTP head's first words end is within so many bytes. */
const EDGE_BYTES = 26
/** Of very long ones the edges are enough. */
const LONG_BYTES = 100_000

export function whole(bytes: Uint8Array): Cutting[] {
  return [{ name: 'whole', pieces: [bytes] }]
}

/**
 * Whole, in two at each byte where that is cheap, and byte by byte.
 * @param cheapBytes up to which length it is
 */
export function cuttingsOf(bytes: Uint8Array, cheapBytes: number = CHEAP_BYTES): Cutting[] {
  const inTwo = placesToCut(bytes.length, cheapBytes).map(at => ({
    name: `cut at byte ${at}`,
    pieces: [bytes.subarray(0, at), bytes.subarray(at)],
  }))
  if (bytes.length > cheapBytes) return [...whole(bytes), ...inTwo]
  const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
  return [...whole(bytes), ...inTwo, { name: 'byte by byte', pieces: single }]
}

function placesToCut(length: number, cheapBytes: number): number[] {
  const places = Array.from({ length: length - 1 }, (_, i) => i + 1)
  if (length <= cheapBytes) return places
  const edge = length > LONG_BYTES ? 1 : EDGE_BYTES
  const step = Math.ceil(length / PLACES)
  return [
    ...new Set([
      ...places.slice(0, edge),
      ...(length > LONG_BYTES ? LANDMARKS : []),
      ...places.filter(at => length <= LONG_BYTES && at % step === 0),
      ...places.slice(-edge),
    ]),
  ]
}

/** Of a P2P message: in its type, before and behind the end of its header. */
const LANDMARKS = [12, 23, 24, 25]
