import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SettingError } from '../scenario.ts'
import { push } from './index.ts'

const workloads = (settings: Record<string, string> = {}) =>
  push.workloads(new Map(Object.entries(settings)))

test('with nothing set: a probe to one subscriber, in every send mode', () => {
  const [optimistic, ...others] = workloads()
  assert.deepEqual(
    [optimistic, ...others].map(({ label }) => label),
    ['optimistic', 'queued', 'wakeup', 'pollout'].map(mode => `probe, 1 subscriber, ${mode}`),
  )
  assert.deepEqual(optimistic.services, [
    {
      protocol: 'push',
      connections: 0,
      sendMode: 'optimistic',
      message: 'probe',
      meanIntervalUs: 1_000,
      seed: 1,
      socketBufferBytes: 262_144,
    },
  ])
  assert.deepEqual(optimistic.preparation, {
    message: 'probe',
    subscribers: 1,
    meanIntervalUs: 1_000,
    socketBufferBytes: 262_144,
  })
  const { lives, idleMs, measuresLatency, slices, sliceWork, warmUp } = optimistic
  assert.deepEqual(
    { lives, idleMs, measuresLatency },
    {
      lives: 'alone',
      idleMs: 500,
      measuresLatency: true,
    },
  )
  assert.deepEqual({ slices, sliceWork }, { slices: 3, sliceWork: 500 })
  assert.deepEqual(warmUp, Array(8).fill(160))
})

test('the whole matrix, each parameter set once', () => {
  const all = workloads({ message: 'probe,new-template', subscribers: '1,16,125' })
  const parameterSets = new Set(all.map(({ parameters }) => JSON.stringify(parameters)))
  assert.equal(parameterSets.size, 2 * 3 * 4)
})

test('what is set is what source, driver and record are told', () => {
  const [workload] = workloads({
    message: 'new-template',
    subscribers: '16',
    mode: 'wakeup',
    'mean-interval-us': '700',
    slices: '3',
    'slice-messages': '90',
    'buffer-bytes': '2304',
    seed: '4294967295',
  })
  assert.equal(workload.label, 'new-template, 16 subscribers, buffers of 2304 bytes, wakeup')
  assert.deepEqual(workload.parameters, {
    message: 'new-template',
    subscribers: 16,
    mode: 'wakeup',
    meanIntervalUs: 700,
    slices: 3,
    sliceMessages: 90,
    bufferBytes: 2_304,
    seed: 4294967295,
  })
  assert.deepEqual(workload.services, [
    {
      protocol: 'push',
      connections: 0,
      sendMode: 'wakeup',
      message: 'new-template',
      meanIntervalUs: 700,
      seed: 4294967295,
      socketBufferBytes: 2_304,
    },
  ])
  assert.deepEqual(workload.preparation, {
    message: 'new-template',
    subscribers: 16,
    meanIntervalUs: 700,
    socketBufferBytes: 2_304,
  })
  assert.deepEqual([workload.slices, workload.sliceWork], [3, 90])
})

test('many subscribers are pushed to less often, so that a slice takes as long', () => {
  const plans = workloads({ subscribers: '1,16,125', mode: 'queued' }).map(
    ({ parameters, sliceWork, warmUp }) => [parameters.meanIntervalUs, sliceWork, warmUp[0]],
  )
  assert.deepEqual(plans, [
    [1_000, 500, 160],
    [1_000, 500, 160],
    [7_500, 67, 22],
  ])
})

test('subscribers of a push wait together, and for the driver too', () => {
  const [one, many] = workloads({ subscribers: '1,16', mode: 'queued' })
  assert.deepEqual([one.samplesTogether, many.samplesTogether], [1, 16])
  assert.match(one.caveats.join(), /its garbage collector$/)
  assert.match(many.caveats.join(), /its garbage collector, and up to 16 recvs in a row$/)
})

test('only the mode whose socket thread spins has a caveat of its own', () => {
  const caveats = workloads().map(workload => workload.caveats.length)
  assert.deepEqual(
    caveats.map(count => count - Math.min(...caveats)),
    [0, 0, 0, 1],
  )
})

test('values that cannot be are named, with what can', () => {
  const cases: [string, string, string][] = [
    ['message', 'block', 'message=block; known: probe, new-template'],
    ['mode', 'late', 'mode=late; known: optimistic, queued, wakeup, pollout'],
    ['subscribers', '126', 'subscribers=126 is no whole number from 1 to 125'],
    ['subscribers', '0', 'subscribers=0 is no whole number from 1 to 125'],
    ['slices', '0', 'slices=0 is no whole number from 1 to 10000'],
    ['mean-interval-us', '1e3', 'mean-interval-us=1e3 is no whole number from 0 to 1000000'],
    ['buffer-bytes', '2303', 'buffer-bytes=2303 is no whole number from 2304 to 1048576'],
    ['slice-messages', '-1', 'slice-messages=-1 is no whole number from 0 to 100000'],
    ['seed', '4294967296', 'seed=4294967296 is no whole number from 0 to 4294967295'],
  ]
  for (const [name, value, message] of cases) {
    assert.throws(() => workloads({ [name]: value }), new SettingError(message))
  }
})
