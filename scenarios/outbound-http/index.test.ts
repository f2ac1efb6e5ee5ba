import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SettingError } from '../scenario.ts'
import { outboundHttp } from './index.ts'

const workloads = (settings: Record<string, string> = {}) =>
  outboundHttp.workloads(new Map(Object.entries(settings)))

test('with nothing set: with a wake-up and without, a connection each and one for all', () => {
  assert.deepEqual(
    workloads().map(({ label, sliceWork }) => [label, sliceWork]),
    [
      ['a connection each, 1000 B for 1000 B, optimistic', 30],
      ['one connection, 1000 B for 1000 B, optimistic', 500],
      ['a connection each, 1000 B for 1000 B, wakeup', 500],
      ['one connection, 1000 B for 1000 B, wakeup', 500],
    ],
  )
})

test('what is set is what wallet, payee and record are told', () => {
  const [workload] = workloads({
    mode: 'queued',
    'keep-alive': 'yes',
    request: '32',
    reply: '4',
    slices: '3',
    'slice-requests': '7',
  })
  assert.deepEqual(workload.parameters, {
    mode: 'queued',
    keepAlive: true,
    requestBytes: 32,
    replyBytes: 4,
    slices: 3,
    sliceRequests: 7,
  })
  assert.deepEqual(workload.preparation, {
    requestBytes: 32,
    replyBytes: 4,
    keepAlive: true,
    socketBufferBytes: 262_144,
  })
  assert.deepEqual(workload.services, [
    {
      protocol: 'outbound-http',
      connections: 1,
      sendMode: 'queued',
      socketBufferBytes: 262_144,
      requestBodyBytes: 32,
      maxReplyBytes: 4,
      timeoutMs: 3_600_000,
      keepAlive: true,
    },
  ])
  assert.deepEqual([workload.slices, workload.sliceWork, workload.warmUp], [3, 7, [14]])
  assert.equal(workload.samplesTogether, 1)
})

test('subjects that spin at rest live alone, and the reader is told', () => {
  const all = workloads({ mode: 'optimistic,queued,wakeup,pollout' })
  for (const { parameters, lives, caveats } of all) {
    const spins = parameters.mode === 'pollout'
    assert.equal(lives, spins ? 'alone' : 'together')
    assert.equal(
      caveats.some(caveat => caveat.startsWith('in mode pollout')),
      spins,
    )
  }
})

test('what cannot be is refused', () => {
  for (const settings of [
    { request: '31' },
    { reply: '3' },
    { 'keep-alive': 'maybe' },
    { mode: 'now' },
    { slices: '0' },
    { connections: '2' },
  ]) {
    assert.throws(() => workloads(settings as Record<string, string>), SettingError)
  }
})
