import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  AddressError,
  decodeSockaddr,
  encodeSockaddr,
  formatAddress,
  parseAddress,
  SOCKADDR_MAX_BYTES,
} from './address.ts'
import type { Address } from './sock.ts'

const port = fc.integer({ min: 0, max: 0xffff })
const plain = { noNullPrototype: true }
const addressV4 = fc.record({ family: fc.constant(4 as const), host: fc.ipV4(), port }, plain)
const addressV6 = fc.record({ family: fc.constant(6 as const), host: fc.ipV6(), port }, plain)

test('IPv4 is parsed, formatted and goes through a sockaddr unchanged', () => {
  fc.assert(
    fc.property(addressV4, address => {
      assert.deepEqual(parseAddress(formatAddress(address)), address)
      assert.deepEqual(throughSockaddr(address), address)
    }),
  )
})

test('IPv6 in any spelling comes out in the canonical one, which the URL standard shares', () => {
  fc.assert(
    fc.property(addressV6, address => {
      const canonical = {
        ...address,
        host: new URL(`http://[${address.host}]`).hostname.slice(1, -1),
      }
      assert.deepEqual(parseAddress(formatAddress(address)), canonical)
      assert.deepEqual(throughSockaddr(address), canonical)
    }),
  )
})

test('of two equally long runs of zeros the first is shortened', () => {
  assert.equal(parseAddress('[1:0:0:2:0:0:3:4]:1').host, '1::2:0:0:3:4')
})

test('sockaddr_in: family little-endian, port big-endian', () => {
  const sockaddr = new Uint8Array(SOCKADDR_MAX_BYTES).fill(0xff)
  assert.equal(encodeSockaddr({ family: 4, host: '127.0.0.1', port: 8333 }, sockaddr), 16)
  assert.deepEqual(
    [...sockaddr.subarray(0, 16)],
    [2, 0, 0x20, 0x8d, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
  )
})

test('sockaddr_in6: no flow, no scope', () => {
  const sockaddr = new Uint8Array(SOCKADDR_MAX_BYTES).fill(0xff)
  assert.equal(encodeSockaddr({ family: 6, host: '2001:db8::1', port: 1 }, sockaddr), 28)
  const ip = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
  assert.deepEqual([...sockaddr], [10, 0, 0, 1, 0, 0, 0, 0, ...ip, 0, 0, 0, 0])
})

test('what is no IP endpoint is refused in one line that says what would be', () => {
  const bad = [
    '',
    'localhost:8333',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '127.0.0.1:-1',
    '127.0.0.256:1',
    '[::1]',
    '::1:8333',
    '[::1:8333',
    '[fe80::1%lo]:1',
    '[127.0.0.1]:1',
    ' 127.0.0.1:1',
  ]
  for (const text of bad) {
    assert.throws(
      () => parseAddress(text),
      (error: unknown) =>
        error instanceof AddressError &&
        error.message.startsWith(`"${text}" is no address; write IP:PORT`) &&
        !error.message.includes('\n'),
      text,
    )
  }
})

test('an Address that is none is refused before it reaches the kernel', () => {
  const sockaddr = new Uint8Array(SOCKADDR_MAX_BYTES)
  const bad: Address[] = [
    { family: 4, host: '::1', port: 1 },
    { family: 6, host: '127.0.0.1', port: 1 },
    { family: 4, host: '127.0.0.1', port: 65536 },
    { family: 4, host: '127.0.0.1', port: 1.5 },
  ]
  for (const address of bad) assert.throws(() => encodeSockaddr(address, sockaddr), AddressError)
})

function throughSockaddr(address: Address): Address {
  const sockaddr = new Uint8Array(SOCKADDR_MAX_BYTES)
  encodeSockaddr(address, sockaddr)
  return decodeSockaddr(sockaddr)
}
