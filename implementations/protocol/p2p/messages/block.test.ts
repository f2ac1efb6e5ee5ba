import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashToHex } from '../../sha256d.ts'
import { REGTEST_GENESIS_HEADER } from '../constants.ts'
import { Malformed } from '../malformed.ts'
import { decodeBlock, transactionIds } from './block.ts'

const header = Buffer.from(REGTEST_GENESIS_HEADER).toString('hex')
/** The coinbase of every genesis block. */
const genesisCoinbase =
  '01000000' +
  `01${'00'.repeat(32)}ffffffff` +
  '4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e20' +
  '6272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff' +
  '0100f2052a01000000' +
  '434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f355' +
  '04e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac' +
  '00000000'
const genesisTxid = '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b'
/** The same with marker, flags and a witness of one item in front of the lock time. */
const segwitCoinbase = `${genesisCoinbase.slice(0, 8)}0001${genesisCoinbase.slice(8, -8)}0102abcd00000000`

function ids(hex: string): string[] | string {
  const decoded = transactionIds(Buffer.from(hex, 'hex'))
  return decoded instanceof Malformed ? decoded.reason : decoded.map(hashToHex)
}

test('the genesis block has one transaction, and its txid is known', () => {
  const payload = Buffer.from(`${header}01${genesisCoinbase}`, 'hex')
  assert.deepEqual(decodeBlock(payload), { transactionCount: 1, transactionsOffset: 81 })
  assert.deepEqual(ids(`${header}01${genesisCoinbase}`), [genesisTxid])
})

test('a witness does not change the txid, nor where the next transaction starts', () => {
  assert.deepEqual(ids(`${header}03${segwitCoinbase}${genesisCoinbase}${segwitCoinbase}`), [
    genesisTxid,
    genesisTxid,
    genesisTxid,
  ])
})

test('a transaction without inputs and outputs is no witness marker', () => {
  // The txid is what openssl makes of 01000000 00 00 00000000.
  assert.deepEqual(ids(`${header}0101000000000000000000`), [
    'd21633ba23f70118185227be58a63527675641ad37967e2aa461559f577aec43',
  ])
})

test('unknown flags and a witness without items are unreadable, as in Core', () => {
  const body = genesisCoinbase.slice(8, -8)
  assert.match(String(ids(`${header}01010000000002${body}00000000`)), /unknown flags 2/)
  assert.match(String(ids(`${header}01010000000003${body}0100${'00000000'}`)), /unknown flags 3/)
  assert.match(String(ids(`${header}01010000000001${body}0000000000`)), /superfluous witness/)
  assert.match(String(ids(`${header}010100000000010000${'00000000'}`)), /superfluous witness/)
})

test('every proper prefix of a block is unreadable', () => {
  for (const coinbase of [genesisCoinbase, segwitCoinbase]) {
    const payload = Buffer.from(`${header}01${coinbase}`, 'hex')
    for (let length = 0; length < payload.length; length++) {
      const decoded = transactionIds(payload.subarray(0, length))
      assert.ok(decoded instanceof Malformed && decoded.kind === 'unreadable', `${length} bytes`)
    }
    assert.ok(decodeBlock(payload.subarray(0, 80)) instanceof Malformed)
    assert.ok(!(decodeBlock(payload.subarray(0, 81)) instanceof Malformed))
  }
})

test('a count that the bytes cannot hold ends with the bytes', () => {
  assert.match(String(ids(`${header}fe00000002${genesisCoinbase}`)), /truncated/)
  assert.match(String(ids(`${header}010100000001${'00'.repeat(36)}feffffff01`)), /truncated/)
})
