import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainRequest } from '../behaviour/http-requests.ts'
import { ping, unknownMessage, verack, version } from '../behaviour/p2p-messages.ts'
import { expectHttp, expectP2p } from './conversation.ts'
import type { Expectation } from './expectation.ts'
import type { PeerPlan } from './schedule.ts'

const atRest = { isAtRest: true, isUndisturbed: true, stopping: false }
const stopped = { isAtRest: false, isUndisturbed: true, stopping: true }
const disturbed = { isAtRest: true, isUndisturbed: false, stopping: false }

const plan: PeerPlan = {
  says: ['ping'],
  handshake: 'whole',
  hasty: false,
  recvFaults: [],
  sendFaults: [],
}

/** As the peer says it, but with another type. */
const pong = Buffer.from(ping(1n))
pong[5] = 'o'.charCodeAt(0)
const greeting = Buffer.concat([version, verack])

function problemOf(
  expectation: Expectation,
  received: readonly Uint8Array[],
  circumstances = atRest,
): string | undefined {
  return expectation.problemOf({ received: Buffer.concat(received), state: 'open' }, circumstances)
}

test('P2P: a version, a verack and the pongs are due, each once', () => {
  const expectation = expectP2p(plan)
  assert.equal(problemOf(expectation, [greeting, pong]), undefined)
  assert.match(problemOf(expectation, [greeting]) ?? '', /where version verack 01.* is due/)
  assert.match(problemOf(expectation, [greeting, verack, pong]) ?? '', /no beginning/)
  assert.match(problemOf(expectation, [greeting, pong, pong], disturbed) ?? '', /no beginning/)
})

test('P2P: what is no message of a node is wrong, whoever is disturbed', () => {
  const expectation = expectP2p(plan)
  const [magic, checksum] = [Buffer.from(pong), Buffer.from(pong)]
  magic[0] ^= 1
  checksum[23] ^= 1
  for (const [bytes, problem] of [
    [magic, /wrong magic/],
    [checksum, /a pong with a wrong checksum/],
    [unknownMessage(1), /a message of type "xing"/],
  ] as const) {
    assert.match(problemOf(expectation, [greeting, bytes], disturbed) ?? '', problem)
  }
})

test('P2P: a part of a message is wrong, unless the peer was disturbed or the node stops', () => {
  const expectation = expectP2p(plan)
  const received = [greeting, pong, verack.subarray(0, 5)]
  assert.equal(problemOf(expectation, received), 'was given a part of an answer')
  assert.equal(problemOf(expectation, received, disturbed), undefined)
  assert.equal(problemOf(expectation, received, stopped), undefined)
})

const info = reply('{"chain":"regtest","blocks":4}\n')

function reply(body: string): Buffer {
  return Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
}

test('HTTP: the right status with another body is wrong', () => {
  const expectation = expectHttp(plan)
  assert.deepEqual(Buffer.from(expectation.bytes), Buffer.from(plainRequest.bytes))
  assert.equal(problemOf(expectation, [info]), undefined)
  for (const body of ['', '{}\n', '{"chain":"main","blocks":4}\n']) {
    assert.match(problemOf(expectation, [reply(body)], disturbed) ?? '', /200 with another body/)
  }
})

test('HTTP: a server that stops may leave out a reply, or refuse, but not cut it off', () => {
  const expectation = expectHttp(plan)
  const refusal = Buffer.from('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n')
  assert.equal(problemOf(expectation, [], stopped), undefined)
  assert.equal(problemOf(expectation, [refusal], stopped), undefined)
  const part = [info.subarray(0, 50)]
  assert.equal(problemOf(expectation, part, stopped), 'was given a part of an answer')
  assert.equal(problemOf(expectation, part, { ...stopped, isUndisturbed: false }), undefined)
})
