import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import type { Served } from '../driver-process.ts'
import { LatencyHistogram } from '../latency/histogram.ts'
import { FakeWallet, LATENCY_STEP_NS, type Odd } from './fixtures/fake-wallet.ts'
import type { PayeePreparation } from './payee.ts'
import { Payees } from './payees.ts'

const bounded = { timeout: 20_000 }
const preparation: PayeePreparation = {
  requestBytes: 500,
  replyBytes: 200,
  keepAlive: false,
  socketBufferBytes: 1 << 16,
}

function startPayees(
  t: TestContext,
  options: Partial<PayeePreparation> = {},
  stallTimeoutMs?: number,
) {
  const network = new PosixNetwork(createSyscallCounts())
  const payees = new Payees(network, { ...preparation, ...options }, stallTimeoutMs)
  const wallet = (subject: string) => {
    const listening = payees.listen(subject)
    assert.ok(listening.state === 'listening')
    t.after(() => payees.release(subject))
    const { requestBytes, keepAlive } = { ...preparation, ...options }
    const wallet = new FakeWallet(listening.address, requestBytes, keepAlive)
    t.after(() => wallet.socket?.destroy())
    return wallet
  }
  return { payees, wallet }
}

/** Whole steps, as the histogram's buckets allow. */
function latencySteps(served: Served): number[] {
  assert.ok(served.state === 'served' && served.latency !== null)
  const histogram = LatencyHistogram.deserialise(served.latency.histogram)
  const steps = [...histogram.buckets()].flatMap(({ fromNs, count }) =>
    Array.from({ length: count }, () => Math.round(fromNs / LATENCY_STEP_NS)),
  )
  histogram.destroy()
  return steps
}

for (const keepAlive of [false, true]) {
  const kind = keepAlive ? 'one connection' : 'a connection each'
  test(`${kind}: a slice answers so many requests, and the next one waits`, bounded, async t => {
    const { payees, wallet } = startPayees(t, { keepAlive })
    const asking = wallet('direct A #0').requests(9)
    assert.deepEqual(await payees.awaitReady('direct A #0'), { state: 'ready' })
    const first = await payees.serveSlice('direct A #0', 5)
    assert.ok(first.state === 'served')
    assert.equal(first.messages, 5)
    // Request 1 waited for the slice; 6 has arrived, and reports 5.
    assert.deepEqual(latencySteps(first), [2, 3, 4, 5])
    const second = await payees.serveSlice('direct A #0', 3)
    assert.deepEqual(latencySteps(second), [7, 8])
    assert.equal(second.state === 'served' && second.bytes % 3, 0)
    void payees.serveSlice('direct A #0', 1)
    await asking
  })
}

test('a slice of one has no latency', bounded, async t => {
  const { payees, wallet } = startPayees(t)
  void wallet('a')
    .requests(5)
    .catch(() => {})
  await payees.awaitReady('a')
  assert.deepEqual(latencySteps(await payees.serveSlice('a', 1)), [])
})

test('several subjects get ready at the same time', bounded, async t => {
  const { payees, wallet } = startPayees(t)
  const wallets = ['a', 'b', 'c'].map(wallet)
  const ready = Promise.all(['a', 'b', 'c'].map(subject => payees.awaitReady(subject)))
  for (const one of wallets) void one.requests(9)
  assert.deepEqual(await ready, Array(3).fill({ state: 'ready' }))
  for (const subject of ['b', 'a', 'c', 'a']) {
    assert.equal((await payees.serveSlice(subject, 2)).state, 'served')
  }
})

test('a reply larger than the socket buffers arrives whole', bounded, async t => {
  const { payees, wallet } = startPayees(t, { replyBytes: 3_000_000 })
  const asking = wallet('a')
  void asking.requests(3)
  await payees.awaitReady('a')
  assert.equal((await payees.serveSlice('a', 2)).state, 'served')
  assert.deepEqual(
    asking.reports.map(({ replyBytes }) => replyBytes),
    [3_000_000, 3_000_000],
  )
  assert.notEqual(asking.reports[0].digest, asking.reports[1].digest)
})

const report = { ending: 'reply', latencyNs: 5, status: 200, replyBytes: 200, digest: 0 } as const
const wrongs: readonly { what: string; odd: (right: typeof report) => Odd; reason: string }[] = [
  {
    what: 'a request out of order',
    odd: () => ({ sequence: 3 }),
    reason: 'sent request 3 when 2 was next',
  },
  {
    what: 'a request again',
    odd: () => ({ sequence: 1 }),
    reason: 'sent request 1 when 2 was next',
  },
  {
    what: 'no report',
    odd: () => ({ previous: undefined }),
    reason: 'request 1 is not reported',
  },
  {
    what: 'a request that failed',
    odd: right => ({ previous: { ...right, ending: 'reset' } }),
    reason: 'request 1 ended as reset',
  },
  {
    what: 'another reply',
    odd: right => ({ previous: { ...right, digest: right.digest + 1 } }),
    reason: 'request 1 has got another reply than was sent',
  },
  {
    what: 'another status',
    odd: right => ({ previous: { ...right, status: 204 } }),
    reason: 'request 1 has got another reply than was sent',
  },
  {
    what: 'another length',
    odd: right => ({ previous: { ...right, replyBytes: 199 } }),
    reason: 'request 1 has got another reply than was sent',
  },
  {
    what: 'an impossible latency',
    odd: right => ({ previous: { ...right, latencyNs: -1 } }),
    reason: 'request 1 took -1 ns',
  },
  {
    what: 'another target',
    odd: () => ({ target: '/' }),
    reason: 'sent a request that is no payjoin',
  },
  {
    what: 'a connection to be kept',
    odd: () => ({ keepAlive: true }),
    reason: 'sent a request that is no payjoin',
  },
]

for (const { what, odd, reason } of wrongs) {
  test(`${what} fails the slice`, bounded, async t => {
    const { payees, wallet } = startPayees(t)
    const asking = wallet('a')
    const done = asking.requests(2).then(async () => {
      const { digest } = asking.reports[1]
      await asking.request(odd({ ...report, digest } as typeof report)).catch(() => {})
    })
    void done
    await payees.awaitReady('a')
    const failed = { state: 'failed', reason }
    assert.deepEqual(await payees.serveSlice('a', 3), failed)
    assert.deepEqual(await payees.serveSlice('a', 3), failed)
  })
}

test('a wallet that closes its connection fails the slice', bounded, async t => {
  const { payees, wallet } = startPayees(t, { keepAlive: true })
  const asking = wallet('a')
  void asking.requests(2).then(() => asking.socket?.destroy())
  await payees.awaitReady('a')
  const reason = 'closed the connection of request 2 by itself'
  assert.deepEqual(await payees.serveSlice('a', 3), { state: 'failed', reason })
})

test('a wallet that makes no request is given up', bounded, async t => {
  const { payees, wallet } = startPayees(t, {}, 100)
  wallet('a')
  const reason = 'no progress for 100 ms: request 0 has not arrived'
  assert.deepEqual(await payees.awaitReady('a'), { state: 'failed', reason })
})

test('what is released closes, and ends as failed what it is waited for', bounded, async t => {
  const { payees, wallet } = startPayees(t)
  const asking = wallet('a')
  void asking.request().catch(() => {})
  await payees.awaitReady('a')
  const { socket } = asking
  assert.ok(socket)
  const waiting = payees.serveSlice('a', 2)
  payees.release('a')
  payees.release('a')
  assert.deepEqual(await waiting, { state: 'failed', reason: 'released' })
  await once(socket, 'close')
  const unknown = { state: 'failed', reason: 'is not listened for' }
  assert.deepEqual(await payees.serveSlice('a', 1), unknown)
})
