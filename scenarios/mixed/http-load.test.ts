import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import type { Behaviour } from '../http/fixtures/fake-server.ts'
import { expected, rightReply } from '../http/fixtures/replies.ts'
import { encodeRequest } from '../http/http-request.ts'
import { BlockServer } from '../ibd/block-server.ts'
import type { Ask } from './http-client.ts'
import { HttpLoad, type HttpLoadOptions } from './http-load.ts'

const network = new PosixNetwork(createSyscallCounts())
const request = encodeRequest({ method: 'GET', path: '/', body: Buffer.alloc(0) }, 80)
const timed: Ask = { request, expected, timed: true }
const untimed: Ask = { request, expected, timed: false }
const bounded = { timeout: 60_000 }

/** A load on a server with an event loop of its own, as the block server leaves little to this one. */
async function loadOn(
  t: TestContext,
  behaviour: Partial<Behaviour>,
  options: Partial<HttpLoadOptions> = {},
): Promise<HttpLoad> {
  const file = new URL('../http/fixtures/fake-server-worker.js', import.meta.url)
  const workerData: Behaviour = { reply: rightReply, afterwards: 'stay', ...behaviour }
  const worker = new Worker(file, { workerData })
  t.after(() => worker.terminate())
  const [port] = await once(worker, 'message')
  const server = new BlockServer(network)
  t.after(() => server.closeAll())
  const load = HttpLoad.connect(network, server, {
    port,
    connections: 2,
    asks: [timed],
    ...options,
  })
  assert.ok(load instanceof HttpLoad, JSON.stringify(load))
  return load
}

test('every request is answered and timed, in one slice after the other', bounded, async t => {
  const load = await loadOn(t, {})
  for (const count of [1, 25]) {
    const latencies: number[] = []
    const requests = { count, released: () => count, recordLatency: latencies.push.bind(latencies) }
    assert.deepEqual(await load.ask(requests), { state: 'answered' })
    assert.equal(latencies.length, count)
    assert.ok(latencies.every(ns => ns > 0))
    assert.ok(!load.busy)
  }
})

test('no request is sent before it is released', bounded, async t => {
  const load = await loadOn(t, {})
  let released = 3
  let answered = 0
  const asked = load.ask({
    count: 10,
    released: () => released,
    recordLatency: () => {
      ++answered
      assert.ok(answered <= released)
      // Two more, each time all are answered.
      if (answered === released) setImmediate(() => (released = Math.min(10, released + 2)))
    },
  })
  assert.deepEqual(await asked, { state: 'answered' })
  assert.equal(answered, 10)
})

test(
  'each connection has one request in flight, and a subject that stalls fails',
  bounded,
  async t => {
    const load = await loadOn(t, { reply: Buffer.alloc(0) }, { stallTimeoutMs: 100 })
    const outcome = { state: 'failed', reason: STALLED }
    const requests = { count: 6, released: () => 5, recordLatency: () => {} }
    assert.deepEqual(await load.ask(requests), outcome)
    assert.deepEqual(await load.ask(requests), outcome)
    assert.deepEqual(load.failure, outcome)
  },
)

const STALLED = 'nothing received for 100 ms: 0 of 2 requests answered, 6 to be asked'

test('a subject that is asked for nothing yet does not stall', bounded, async t => {
  const load = await loadOn(t, {})
  const asked = load.ask({ count: 1, released: () => 0, recordLatency: () => {} })
  load.turnCompleted(performance.now() + 3_600_000)
  load.turnCompleted(performance.now() + 7_200_000)
  assert.ok(load.busy)
  load.fail('enough')
  assert.deepEqual(await asked, { state: 'failed', reason: 'enough' })
})

test(
  'requests are asked in turn, and those that are not timed leave no latency',
  bounded,
  async t => {
    const load = await loadOn(t, {}, { asks: [timed, untimed, untimed] })
    let latencies = 0
    await load.ask({ count: 8, released: () => 8, recordLatency: () => ++latencies })
    assert.equal(latencies, 3)
  },
)

const failures: [string, Partial<Behaviour>, string][] = [
  [
    'answers wrongly',
    { reply: Buffer.from(rightReply).fill('x', rightReply.length - 1) },
    'a wrong reply: body differs at byte 11',
  ],
  [
    'closes the connection',
    { reply: rightReply.subarray(0, -3), afterwards: 'end' },
    'closed by the subject; 9 of 12 bytes of its body had come',
  ],
  [
    'sends more than was asked for',
    { reply: Buffer.concat([rightReply, Buffer.alloc(4)]) },
    'a wrong reply: 4 bytes follow it that nobody asked for',
  ],
]
for (const [what, behaviour, reason] of failures) {
  test(`a subject that ${what} has failed`, bounded, async t => {
    const load = await loadOn(t, behaviour, { connections: 1 })
    const asked = await load.ask({ count: 2, released: () => 2, recordLatency: () => {} })
    assert.deepEqual(asked, { state: 'failed', reason: `HTTP connection lost: ${reason}` })
    assert.ok(!load.busy)
  })
}
