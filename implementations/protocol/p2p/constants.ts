import { type Hash256, hashFromHex } from '../sha256d.ts'

/** The four magic bytes that start each message, read as a little-endian int32. */
export const REGTEST_MAGIC = 0xdab5bffa | 0

/** Magic 4, message type 12, payload length 4, checksum 4. */
export const HEADER_SIZE = 24
/** Bytes of payload; a longer message disconnects its sender on the header alone. */
export const MAX_PROTOCOL_MESSAGE_LENGTH = 4_000_000
/** Core's MAX_SIZE: no CompactSize that announces a length may be larger. */
export const MAX_SIZE = 0x02000000
export const MAX_HEADERS_RESULTS = 2000
export const MAX_INV_SZ = 50_000
export const MAX_LOCATOR_SZ = 101
/** Bytes of a user agent in `version`. */
export const MAX_SUBVERSION_LENGTH = 256

export const PROTOCOL_VERSION = 70016

export const NODE_NETWORK = 1n
export const NODE_WITNESS = 1n << 3n

export const MSG_BLOCK = 2
export const MSG_WITNESS_FLAG = 1 << 30
export const MSG_WITNESS_BLOCK = MSG_BLOCK | MSG_WITNESS_FLAG

/** Regtest's proof-of-work limit in compact form, which is also the bits of every header there. */
export const REGTEST_BITS = 0x207fffff

export const REGTEST_GENESIS_HEADER: Uint8Array = Buffer.from(
  '01000000' +
    '00'.repeat(32) +
    '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a' +
    'dae5494d' +
    'ffff7f20' +
    '02000000',
  'hex',
)

export const REGTEST_GENESIS_HASH: Hash256 = hashFromHex(
  '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
)
