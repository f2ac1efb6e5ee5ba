import { hash } from 'node:crypto'

export const PAYJOIN_TARGET = '/payjoin'
export const PAYJOIN_CONTENT_TYPE = 'application/octet-stream'

/**
 * How a request can end, as its wallet sees it. The order is that on the wire.
 * - `timeout`: no complete reply in time, for whatever reason.
 * - `refused`: nobody listens there.
 * - `reset`: the server reset the connection.
 * - `closed-early`: the server closed it before its reply was complete.
 * - `too-large`: the reply is larger than the wallet takes.
 * - `malformed`: what came is no HTTP.
 * - `broken`: connecting, sending or receiving failed in another way.
 */
export const requestEndings = [
  'reply',
  'timeout',
  'refused',
  'reset',
  'closed-early',
  'too-large',
  'malformed',
  'broken',
] as const
export type RequestEnding = (typeof requestEndings)[number]

/** What a wallet tells of the request before this one. */
export interface RequestReport {
  ending: RequestEnding
  /** From before connecting to the complete reply, or to what ended it; whole ns. */
  latencyNs: number
  /** Of the reply; 0 where there was none. */
  status: number
  replyBytes: number
  /** `replyDigest` of its body; 0 where there was none. */
  digest: number
}

/** The first bytes of a body; so many it has at least. */
export const REPORT_BYTES = 32

/**
 * The body of a wallet's request: synthetic where a payjoin (BIP 78) has a transaction. A wallet
 * reports the fate of each request in the next one, so that who answers them learns of it. Integers
 * are little endian.
 *
 *   sequence u32 | ending u32, 1 + its place in `requestEndings`, 0 in the first | latency f64, ns |
 *   status u32 | replyBytes u32 | digest f64 | filler
 */
export class RequestBody {
  readonly bytes: Uint8Array
  private readonly view: DataView

  /** @throws RangeError for fewer than `REPORT_BYTES` */
  constructor(sizeBytes: number) {
    if (sizeBytes < REPORT_BYTES) {
      throw new RangeError(`a request body of ${sizeBytes} bytes: give ${REPORT_BYTES} or more`)
    }
    // No two neighbours are equal, so that shifted bytes show.
    this.bytes = Uint8Array.from({ length: sizeBytes }, (_, index) => 1 + ((index * 37) % 251))
    this.view = new DataView(this.bytes.buffer)
  }

  /** @param sequence counts the requests of a wallet from 0 */
  write(sequence: number, previous: RequestReport | undefined): void {
    const { view } = this
    view.setUint32(0, sequence, true)
    view.setUint32(
      4,
      previous === undefined ? 0 : 1 + requestEndings.indexOf(previous.ending),
      true,
    )
    view.setFloat64(8, previous?.latencyNs ?? 0, true)
    view.setUint32(16, previous?.status ?? 0, true)
    view.setUint32(20, previous?.replyBytes ?? 0, true)
    view.setFloat64(24, previous?.digest ?? 0, true)
  }

  /** What `bytes` say, or undefined when they are no body of this size. */
  read(bytes: Uint8Array): { sequence: number; previous: RequestReport | undefined } | undefined {
    if (bytes.length !== this.bytes.length) return undefined
    const filler = this.bytes.subarray(REPORT_BYTES)
    if (Buffer.compare(bytes.subarray(REPORT_BYTES), filler) !== 0) return undefined
    const view = new DataView(bytes.buffer, bytes.byteOffset, REPORT_BYTES)
    const sequence = view.getUint32(0, true)
    const place = view.getUint32(4, true)
    if (place > requestEndings.length) return undefined
    if (place === 0) return { sequence, previous: undefined }
    const previous = {
      ending: requestEndings[place - 1],
      latencyNs: view.getFloat64(8, true),
      status: view.getUint32(16, true),
      replyBytes: view.getUint32(20, true),
      digest: view.getFloat64(24, true),
    }
    return { sequence, previous }
  }
}

/** The first 6 bytes of the SHA-256 of a reply's body. Shared memory is welcome. */
export function replyDigest(body: Uint8Array): number {
  return Number.parseInt(hash('sha256', body, 'hex').slice(0, 12), 16)
}
