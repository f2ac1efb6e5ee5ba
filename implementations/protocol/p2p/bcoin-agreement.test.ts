/**
 * Agreement with an independent implementation: bcoin's parser reads our frames, and we read what
 * its framer writes. bcoin 1.0.2 does not know `wtxidrelay` and `sendaddrv2` by name.
 */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashToHex } from '../sha256d.ts'
import { type BlockHeader, blockHash, readBlockHeader, writeBlockHeader } from './block-header.ts'
import {
  HEADER_SIZE,
  MAX_HEADERS_RESULTS,
  REGTEST_GENESIS_HASH,
  REGTEST_MAGIC,
} from './constants.ts'
import { writeFrame } from './frame.ts'
import { checkMerkleRoot, merkleRoot } from './merkle-root.ts'
import { MessageType, messageTypeName } from './message-type.ts'
import { transactionIds } from './messages/block.ts'
import { emptyPayload } from './messages/empty.ts'
import { decodeFeeFilter, encodeFeeFilter } from './messages/feefilter.ts'
import { decodeGetHeaders, encodeGetHeaders } from './messages/getheaders.ts'
import { decodeHeaders, encodeHeaders } from './messages/headers.ts'
import { decodeInventory, encodeInventory } from './messages/inventory.ts'
import { decodePing, encodePing } from './messages/ping.ts'
import { decodeSendCmpct, encodeSendCmpct } from './messages/sendcmpct.ts'
import { decodeVersion, encodeVersion } from './messages/version.ts'
import { meetsTarget } from './proof-of-work.ts'
import { V1Transport } from './v1-transport.ts'

interface Packet {
  cmd: string
  toRaw(): Buffer
  [field: string]: unknown
}
interface Parser {
  on(event: 'packet', listener: (packet: Packet) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  feed(data: Buffer): void
}
interface Transaction {
  txid(): string
  hasWitness(): boolean
}
interface Block {
  txs: Transaction[]
  /** Hex, in the order of the wire; so are all hashes here. */
  merkleRoot: string
  createMerkleRoot(encoding: 'hex'): string
  rhash(): string
  verifyPOW(): boolean
  toRaw(): Buffer
}
interface BcoinClass<T> {
  new (options: object): T
  fromRaw(bytes: Buffer): T
}

process.env.NODE_BACKEND = 'js' // must be set before bcoin looks for its native addon
const require = createRequire(import.meta.url)
const packets: {
  [name: string]: new (...values: unknown[]) => Packet
} = require('bcoin/lib/net/packets')
const framer: { packet(cmd: string, payload: Buffer): Buffer } =
  new (require('bcoin/lib/net/framer'))('regtest')
const newParser = (): Parser => new (require('bcoin/lib/net/parser'))('regtest')
const Headers: BcoinClass<object> = require('bcoin/lib/primitives/headers')
const InvItem: new (type: number, hash: string) => unknown = require('bcoin/lib/primitives/invitem')
const Block: BcoinClass<Block> = require('bcoin/lib/primitives/block')
const TX: BcoinClass<Transaction> = require('bcoin/lib/primitives/tx')
const regtest: { genesisBlock: string } = require('bcoin/lib/protocol/networks').regtest

const safeUint = fc.maxSafeNat()
const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const hash256 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map(raw => Buffer.from(raw).toString('latin1'))
const wireHex = (hash: string) => Buffer.from(hash, 'latin1').toString('hex')

test('version', () => {
  const version = fc.record(
    {
      version: fc.integer({ min: 70000, max: 0x7fffffff }),
      services: uint32.map(BigInt),
      time: safeUint,
      nonce: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      userAgent: fc.stringMatching(/^[ -~]{0,80}$/),
      startHeight: fc.nat(),
      relay: fc.boolean(),
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(version, sent => {
      const packet = readByBcoin(MessageType.version, encodeVersion(sent))
      const { version, services, time, agent, height, noRelay } = packet
      assert.deepEqual(
        { version, services, time, agent, height, noRelay },
        {
          version: sent.version,
          services: Number(sent.services),
          time: sent.time,
          agent: sent.userAgent,
          height: sent.startHeight,
          noRelay: !sent.relay,
        },
      )
      assert.deepEqual(packet.nonce, Buffer.from(encodePing(sent.nonce)))
      assert.deepEqual(decodeVersion(readByUs(MessageType.version, packet)), sent)
    }),
  )
})

test('ping and pong', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), nonce => {
      for (const type of [MessageType.ping, MessageType.pong]) {
        const packet = readByBcoin(type, encodePing(nonce))
        assert.deepEqual(packet.nonce, Buffer.from(encodePing(nonce)))
        assert.equal(decodePing(readByUs(type, packet)), nonce)
      }
    }),
  )
})

test('feefilter and sendcmpct', () => {
  fc.assert(
    fc.property(safeUint, fc.boolean(), (value, highBandwidth) => {
      const fee = readByBcoin(MessageType.feefilter, encodeFeeFilter(BigInt(value)))
      assert.equal(fee.rate, value)
      assert.equal(decodeFeeFilter(readByUs(MessageType.feefilter, fee)), BigInt(value))
      const sent = { highBandwidth, version: BigInt(value) }
      const compact = readByBcoin(MessageType.sendcmpct, encodeSendCmpct(sent))
      assert.deepEqual([compact.mode, compact.version], [Number(highBandwidth), value])
      assert.deepEqual(decodeSendCmpct(readByUs(MessageType.sendcmpct, compact)), sent)
    }),
  )
})

test('verack and sendheaders', () => {
  for (const type of [MessageType.verack, MessageType.sendheaders]) {
    assert.equal(readByUs(type, readByBcoin(type, emptyPayload)).length, 0)
  }
})

test('a type that bcoin does not know arrives there under its name', () => {
  for (const type of [MessageType.wtxidrelay, MessageType.sendaddrv2]) {
    readByBcoin(type, emptyPayload)
  }
})

test('getheaders', () => {
  fc.assert(
    fc.property(fc.array(hash256, { maxLength: 101 }), hash256, (locator, hashStop) => {
      const packet = readByBcoin(MessageType.getheaders, encodeGetHeaders({ locator, hashStop }))
      assert.deepEqual(packet.locator, locator.map(wireHex))
      const fromBcoin = new packets.GetHeadersPacket(locator.map(wireHex), wireHex(hashStop))
      assert.deepEqual(decodeGetHeaders(readByUs(MessageType.getheaders, fromBcoin)), {
        locator,
        hashStop,
      })
    }),
  )
})

test('inv, getdata and notfound', () => {
  const entry = fc.record({ type: uint32, hash: hash256 }, { noNullPrototype: true })
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 300 }), entries => {
      const items = entries.map(({ type, hash }) => new InvItem(type, wireHex(hash)))
      for (const type of [MessageType.inv, MessageType.getdata, MessageType.notfound]) {
        assert.deepEqual(readByBcoin(type, encodeInventory(entries)).items, items)
      }
      const fromBcoin = new packets.InvPacket(items)
      assert.deepEqual(decodeInventory(readByUs(MessageType.inv, fromBcoin)), entries)
    }),
  )
})

test('headers', () => {
  const header: fc.Arbitrary<BlockHeader> = fc.record(
    {
      version: fc.nat(),
      prevHash: hash256,
      merkleRoot: hash256,
      time: uint32,
      bits: uint32,
      nonce: uint32,
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.array(header, { maxLength: 20 }), headers => {
      const items = headers.map(
        ({ prevHash, merkleRoot, ...rest }) =>
          new Headers({
            ...rest,
            prevBlock: wireHex(prevHash),
            merkleRoot: wireHex(merkleRoot),
          }),
      )
      const raw = Buffer.alloc(80 * headers.length)
      for (const [i, each] of headers.entries()) writeBlockHeader(raw, 80 * i, each)
      readByBcoin(MessageType.headers, encodeHeaders(raw))
      const payload = readByUs(MessageType.headers, new packets.HeadersPacket(items))
      const offsets = decodeHeaders(payload)
      assert.ok(offsets instanceof Int32Array)
      assert.deepEqual(
        [...offsets].map(offset => readBlockHeader(payload, offset)),
        headers,
      )
    }),
  )
  const most = encodeHeaders(Buffer.alloc(80 * MAX_HEADERS_RESULTS))
  readByBcoin(MessageType.headers, most)
})

test('the genesis block of regtest: hash, proof of work, merkle root', () => {
  const raw = Buffer.from(regtest.genesisBlock, 'hex')
  assert.equal(blockHash(raw, 0), REGTEST_GENESIS_HASH)
  assert.equal(hashToHex(REGTEST_GENESIS_HASH), Block.fromRaw(raw).rhash())
  assert.equal(meetsTarget(blockHash(raw, 0), readBlockHeader(raw, 0).bits), true)
  assert.equal(checkMerkleRoot(raw), 'valid')
})

test('blocks with any transactions, with and without witness: txids and merkle root', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map(raw => Buffer.from(raw))
  const input = fc.record({
    prevout: fc.record({ hash: hash256.map(wireHex), index: uint32 }),
    script: bytes,
    sequence: uint32,
    witness: fc.array(bytes, { maxLength: 3 }),
  })
  const output = fc.record({ value: fc.nat(), script: bytes })
  const transaction = fc
    .record({
      version: uint32,
      inputs: fc.array(input, { minLength: 1, maxLength: 4 }),
      outputs: fc.array(output, { maxLength: 4 }),
      locktime: uint32,
    })
    .map(options => new TX(options))
  let withWitness = 0
  fc.assert(
    fc.property(fc.array(transaction, { minLength: 1, maxLength: 9 }), uint32, (txs, nonce) => {
      const block = new Block({
        version: 1,
        prevBlock: wireHex('p'.repeat(32)),
        merkleRoot: '00'.repeat(32),
        time: 1,
        bits: 0x207fffff,
        nonce,
        txs,
      })
      block.merkleRoot = block.createMerkleRoot('hex')
      const payload = block.toRaw()
      withWitness += txs.filter(tx => tx.hasWitness()).length
      const ids = transactionIds(payload)
      assert.ok(Array.isArray(ids))
      assert.deepEqual(
        ids.map(hashToHex),
        txs.map(tx => tx.txid()),
      )
      assert.equal(merkleRoot(payload), Buffer.from(block.merkleRoot, 'hex').toString('latin1'))
      assert.equal(checkMerkleRoot(payload), 'valid')
      assert.equal(hashToHex(blockHash(payload, 0)), block.rhash())
      assert.equal(meetsTarget(blockHash(payload, 0), 0x207fffff), block.verifyPOW())
    }),
  )
  assert.ok(withWitness > 0)
})

/** Frames `payload` with ours, parses it with bcoin's, which must write the same bytes again. */
function readByBcoin(type: MessageType, payload: Uint8Array): Packet {
  const frame = Buffer.alloc(HEADER_SIZE + payload.length)
  writeFrame(frame, 0, REGTEST_MAGIC, type, payload)
  assert.deepEqual(frame, framer.packet(messageTypeName(type), Buffer.from(payload)))
  const received: Packet[] = []
  const parser = newParser()
  parser.on('packet', packet => received.push(packet))
  parser.on('error', error => assert.fail(error))
  parser.feed(frame)
  assert.equal(received.length, 1)
  assert.equal(received[0].cmd, messageTypeName(type))
  assert.deepEqual(received[0].toRaw(), Buffer.from(payload))
  return received[0]
}

/** Frames `packet` with bcoin's, receives it with our transport. Returns the payload. */
function readByUs(type: MessageType, packet: Packet): Uint8Array {
  const frame = framer.packet(packet.cmd, packet.toRaw())
  const transport = new V1Transport(REGTEST_MAGIC)
  assert.equal(transport.receivedBytes(frame, 0, frame.length), frame.length)
  assert.deepEqual([transport.type, transport.outcome], [type, 'accepted'])
  return frame.subarray(frame.length - transport.payloadLength)
}
