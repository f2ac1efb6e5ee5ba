import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { PushKind } from '../../implementations/protocol/sv2/messages/push-message.ts'
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import { LatencyHistogram } from '../latency/histogram.ts'
import { FAKE_LAG_NS, FakeSource } from './fixtures/fake-source.ts'
import { PushSubjects } from './push-subjects.ts'

test('a slice brings every subscriber each push, and one lag per push', async t => {
  for (const [message, frameBytes] of [
    ['probe', 32],
    ['new-template', 482],
  ] as const) {
    const { source, subjects } = await connected(t, { message, subscribers: 3 })
    for (const pushes of [40, 10]) {
      const served = await subjects.serveSlice('one', pushes)
      assert.ok(served.state === 'served' && served.latency !== null && served.latency.lag !== null)
      assert.equal(source.connections, 3)
      assert.equal(served.messages, 3 * pushes)
      assert.equal(served.bytes, 3 * pushes * frameBytes)
      assert.ok(served.wallNs > 0 && served.driverCpuNs > 0)
      assert.equal(served.latency.lag.of, 'subject')
      const latency = LatencyHistogram.deserialise(served.latency.histogram)
      const lag = LatencyHistogram.deserialise(served.latency.lag.histogram)
      assert.equal(latency.count, 3 * pushes)
      assert.deepEqual([...lag.buckets()], [bucket(FAKE_LAG_NS, pushes)])
      const { min, max } = latency.percentiles()
      assert.ok(min !== null && min >= FAKE_LAG_NS)
      assert.ok(max !== null && max <= served.wallNs + FAKE_LAG_NS + max / 1000)
    }
  }
})

test('a source that does not push what it was asked for fails the slice', async t => {
  for (const [manner, reason] of [
    ['skipping', 'connection 0: message 2 came too early: 1 was next'],
    ['generous', 'connection 0: message 4 came: only 4 were asked for'],
  ] as const) {
    const { subjects } = await connected(t, { manner })
    const failed = { state: 'failed', reason }
    assert.deepEqual(await subjects.serveSlice('one', 4), failed)
    assert.deepEqual(await subjects.serveSlice('one', 4), failed)
  }
})

test('a source that does not push is waited for twice as long as it should take, and longer', async t => {
  const { subjects } = await connected(t, { manner: 'silent', meanIntervalUs: 500, patienceMs: 50 })
  assert.deepEqual(await subjects.serveSlice('one', 4), {
    state: 'failed',
    reason: 'not all messages came within 54 ms: 1 of 1 connections lack some, one has 0 of 4',
  })
})

test('a released subject is left, and can be connected to anew', async t => {
  const { source, subjects } = await connected(t, { subscribers: 2 })
  const [again] = [subjects.awaitReady('one', [source.address])]
  assert.deepEqual(again, { state: 'failed', reason: 'is connected to already' })
  subjects.release('one')
  subjects.release('one')
  await source.deserted()
  assert.deepEqual(await subjects.serveSlice('one', 1), {
    state: 'failed',
    reason: 'is not connected to',
  })
  assert.deepEqual(subjects.awaitReady('one', [source.address]), { state: 'ready' })
})

test('release ends a slice as failed, and leaves other subjects alone', async t => {
  const { subjects } = await connected(t, { manner: 'silent' })
  const other = await FakeSource.listening('probe')
  t.after(() => other.close())
  subjects.awaitReady('other', [other.address])
  const slice = subjects.serveSlice('one', 1)
  subjects.release('one')
  assert.deepEqual(await slice, { state: 'failed', reason: 'closed by the driver' })
  assert.equal((await subjects.serveSlice('other', 1)).state, 'served')
})

test('a subject that does not listen is not ready', async t => {
  const { source, subjects } = await connected(t, {})
  source.close()
  assert.deepEqual(subjects.awaitReady('two', []), { state: 'failed', reason: 'does not listen' })
  const ready = subjects.awaitReady('two', [source.address])
  assert.ok(ready.state === 'failed')
  assert.match(ready.reason, /^connection 0 to 127\.0\.0\.1:\d+: ECONNREFUSED$/)
})

interface LabOptions {
  message?: PushKind
  subscribers?: number
  meanIntervalUs?: number
  manner?: 'right' | 'skipping' | 'generous' | 'silent'
  patienceMs?: number
}

async function connected(
  t: TestContext,
  {
    message = 'probe',
    subscribers = 1,
    meanIntervalUs = 1_000,
    manner = 'right',
    patienceMs = 10_000,
  }: LabOptions,
) {
  const source = await FakeSource.listening(message, manner)
  const preparation = { message, subscribers, meanIntervalUs, socketBufferBytes: 1 << 16 }
  const network = new PosixNetwork(createSyscallCounts())
  const subjects = new PushSubjects(network, preparation, patienceMs)
  t.after(() => {
    subjects.release('one')
    subjects.release('other')
    source.close()
  })
  assert.deepEqual(subjects.awaitReady('one', [source.address]), { state: 'ready' })
  return { source, subjects }
}

/** Of one value below 2,048 ns. */
function bucket(ns: number, count: number) {
  return { fromNs: ns, toNs: ns + 1, count }
}
