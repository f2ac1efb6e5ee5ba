import {
  compactSizeLength,
  writeCompactSize,
} from '../../implementations/protocol/p2p/compact-size.ts'

/**
 * The only transaction of a synthetic block: a coinbase of value 0 whose one output is OP_RETURN
 * with a single push of filler. One push has no signature operations, however long it is.
 */

/** A coinbase up to its filler. The filler and the 4-byte lock time follow, `tailBytes` in all. */
export interface CoinbaseHead {
  head: Buffer
  tailBytes: number
}

const LOCK_TIME_BYTES = 4

const VALUE_BYTES = 8

const OP_1 = 0x51
const OP_PUSHDATA1 = 0x4c
const OP_PUSHDATA2 = 0x4d
const OP_PUSHDATA4 = 0x4e
const OP_RETURN = 0x6a

/**
 * The coinbase at `height` that serialises to exactly `sizeBytes`. `seed` is part of the script, so
 * that chains of different seeds differ from the first block on.
 */
export function coinbaseHead(height: number, seed: number, sizeBytes: number): CoinbaseHead {
  // Where the output script's CompactSize grows there are sizes no script length hits: pad there.
  for (let paddingBytes = 0; paddingBytes <= 2; ++paddingBytes) {
    const input = coinbaseInput(height, seed, paddingBytes)
    const scriptRoom = sizeBytes - input.length - VALUE_BYTES - LOCK_TIME_BYTES
    for (const prefixBytes of [1, 3, 5]) {
      const scriptBytes = scriptRoom - prefixBytes
      if (scriptBytes <= 0 || compactSizeLength(scriptBytes) !== prefixBytes) continue
      const push = fillerPush(scriptBytes - 1)
      const output = Buffer.alloc(VALUE_BYTES + prefixBytes)
      writeCompactSize(output, VALUE_BYTES, scriptBytes)
      const head = Buffer.concat([input, output, Buffer.of(OP_RETURN), push.opcode])
      return { head, tailBytes: push.fillerBytes + LOCK_TIME_BYTES }
    }
  }
  throw new RangeError(`no coinbase of ${sizeBytes} bytes at height ${height}`)
}

/** Version, the null input and the output count. */
function coinbaseInput(height: number, seed: number, paddingBytes: number): Buffer {
  const seedPush = Buffer.alloc(5, 4)
  seedPush.writeUInt32LE(seed, 1)
  const scriptSig = Buffer.concat([heightPush(height), seedPush, Buffer.alloc(paddingBytes)])
  return Buffer.concat([
    Buffer.of(2, 0, 0, 0),
    Buffer.of(1),
    Buffer.alloc(32),
    Buffer.of(0xff, 0xff, 0xff, 0xff),
    Buffer.of(scriptSig.length),
    scriptSig,
    Buffer.of(0xff, 0xff, 0xff, 0xff),
    Buffer.of(1),
  ])
}

/** BIP34: the script starts with `CScript() << nHeight`, which is OP_N up to 16. */
function heightPush(height: number): Buffer {
  if (height <= 16) return Buffer.of(OP_1 + height - 1)
  const digits: number[] = []
  for (let rest = height; rest > 0; rest >>>= 8) digits.push(rest & 0xff)
  // The top bit of a script number is its sign.
  if (digits[digits.length - 1] & 0x80) digits.push(0)
  return Buffer.of(digits.length, ...digits)
}

/** The push opcode that fills `roomBytes` exactly, together with its data. */
function fillerPush(roomBytes: number): { opcode: Buffer; fillerBytes: number } {
  if (roomBytes - 2 <= 0xff) {
    return { opcode: Buffer.of(OP_PUSHDATA1, roomBytes - 2), fillerBytes: roomBytes - 2 }
  }
  if (roomBytes - 3 <= 0xffff) {
    const opcode = Buffer.alloc(3, OP_PUSHDATA2)
    opcode.writeUInt16LE(roomBytes - 3, 1)
    return { opcode, fillerBytes: roomBytes - 3 }
  }
  const opcode = Buffer.alloc(5, OP_PUSHDATA4)
  opcode.writeUInt32LE(roomBytes - 5, 1)
  return { opcode, fillerBytes: roomBytes - 5 }
}
