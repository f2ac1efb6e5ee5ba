import { readInt32, writeInt32 } from '../../p2p/int32.ts'
import { SV2_HEADER_SIZE } from '../frame.ts'
import { encodeNewTemplate, NEW_TEMPLATE_MESSAGE_TYPE } from './new-template.ts'

/**
 * What a subject of scenario `push` pushes: `probe`, a message of our own whose whole frame has 32
 * bytes, or `new-template`, a NewTemplate as a full block has it.
 */
export type PushKind = 'probe' | 'new-template'

/** In the range that no Stratum v2 protocol uses. */
const PUSH_PROBE_MESSAGE_TYPE = 0xf0
const PROBE_FRAME_BYTES = 32

/** Times are CLOCK_MONOTONIC in whole ns, below 2^53: the sender's and the receiver's clock alike. */
interface Stamps {
  /** Counts the messages of one connection from 0. */
  sequence: number
  /** When the schedule wanted the message pushed. */
  intendedNs: number
  /** When the sender pushed it. */
  pushedNs: number
}

/**
 * A message that carries stamps; all its other bytes are known to both sides. One serves for any
 * number of pushes: `stamp` it, then queue `payload`.
 */
export class PushMessage implements Stamps {
  readonly messageType: number
  readonly payload: Uint8Array
  sequence = 0
  intendedNs = 0
  pushedNs = 0
  private readonly sequenceAt: number
  private readonly timesAt: number

  constructor(kind: PushKind) {
    const { messageType, payload, sequenceAt, timesAt } = layouts[kind]()
    this.messageType = messageType
    this.payload = payload
    this.sequenceAt = sequenceAt
    this.timesAt = timesAt
    this.stamp(0, 0, 0)
  }

  stamp(sequence: number, intendedNs: number, pushedNs: number): void {
    this.sequence = sequence
    this.intendedNs = intendedNs
    this.pushedNs = pushedNs
    writeInt32(this.payload, this.sequenceAt, sequence)
    writeTime(this.payload, this.timesAt, intendedNs)
    writeTime(this.payload, this.timesAt + 8, pushedNs)
  }

  /**
   * Takes the stamps of a received message.
   * @returns whether it is one: of this type and length, and equal in every byte that is no stamp
   */
  receive(messageType: number, payload: Uint8Array): boolean {
    if (messageType !== this.messageType) return false
    this.stamp(
      readInt32(payload, this.sequenceAt) >>> 0,
      readTime(payload, this.timesAt),
      readTime(payload, this.timesAt + 8),
    )
    return Buffer.compare(payload, this.payload) === 0
  }
}

interface Layout {
  messageType: number
  payload: Uint8Array
  /** Offset of the sequence number, u32. */
  sequenceAt: number
  /** Offset of the intended and the pushed time, u64 each. */
  timesAt: number
}

const layouts: Record<PushKind, () => Layout> = {
  probe: probeLayout,
  'new-template': newTemplateLayout,
}

/** sequence u32, intended u64, pushed u64, filler. */
function probeLayout(): Layout {
  const payload = filler(PROBE_FRAME_BYTES - SV2_HEADER_SIZE)
  return { messageType: PUSH_PROBE_MESSAGE_TYPE, payload, sequenceAt: 0, timesAt: 4 }
}

/**
 * A template of a full block: its height in the prefix, one output that commits to the witnesses
 * (BIP 141), and a merkle path over some 4,000 transactions. The sequence number is its id, the
 * times are in the commitment.
 */
function newTemplateLayout(): Layout {
  const coinbaseTxOutputs = Buffer.concat([WITNESS_COMMITMENT_START, filler(32)])
  const payload = encodeNewTemplate({
    templateId: 0n,
    futureTemplate: false,
    version: 0x2000_0000,
    coinbaseTxVersion: 2,
    coinbasePrefix: Buffer.from('0380a00d', 'hex'), // push of height 893,056
    coinbaseTxInputSequence: 0xffff_fffe,
    coinbaseTxValueRemaining: 312_500_000n,
    coinbaseTxOutputsCount: 1,
    coinbaseTxOutputs,
    coinbaseTxLocktime: 893_055,
    merklePath: Array.from({ length: 12 }, (_, level) =>
      String.fromCharCode(...filler(32).map(byte => byte ^ (16 * level))),
    ),
  })
  const outputAt = Buffer.from(payload).indexOf(WITNESS_COMMITMENT_START)
  const timesAt = outputAt + WITNESS_COMMITMENT_START.length
  return { messageType: NEW_TEMPLATE_MESSAGE_TYPE, payload, sequenceAt: 0, timesAt }
}

/** Value 0, a script of 38 bytes: OP_RETURN, a push of 36 bytes, the commitment's own header. */
const WITNESS_COMMITMENT_START = Buffer.from('0000000000000000266a24aa21a9ed', 'hex')

/** No two neighbours are equal, so that shifted bytes show. */
function filler(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => 1 + ((index * 37) % 251))
}

function writeTime(bytes: Uint8Array, offset: number, timeNs: number): void {
  writeInt32(bytes, offset, timeNs % 2 ** 32)
  writeInt32(bytes, offset + 4, timeNs / 2 ** 32)
}

/** A value that a number cannot hold is rounded, and `receive` sees that it is not written back. */
function readTime(bytes: Uint8Array, offset: number): number {
  return (readInt32(bytes, offset) >>> 0) + (readInt32(bytes, offset + 4) >>> 0) * 2 ** 32
}
