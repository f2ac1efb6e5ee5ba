import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { startChild } from './child-process.ts'
import {
  type CpuModes,
  type CpuUse,
  difference,
  isQuiet,
  modesBetween,
  type ThreadReading,
  ThreadSampler,
} from './sampler.ts'

const longMs = 60_000
const isAny = (_message: unknown): _message is unknown => true

test('the CPU a named thread of another process burns is found under its name, exactly', async () => {
  const module = new URL('./fixtures/child.js', import.meta.url)
  const child = await startChild({ module, args: ['burns CPU'], cpus: null })
  await child.waitFor(isAny, longMs)
  const sampler = new ThreadSampler(child.pid)
  const before = await sampler.sampleWhenQuiet('last')
  await child.request({ kind: 'burn', cpuMs: 200 }, isAny, longMs)
  const after = await sampler.sampleWhenQuiet('first')
  await child.stop({ graceMs: longMs })

  assert.deepEqual([before.state, after.state], ['quiet', 'quiet'])
  const use = difference(before.threads, after.threads, ['b-net', 'b-msghand'])
  assert.deepEqual(Object.keys(use).sort(), ['b-net', 'other'])
  // the process burnt 200 ms; its other threads at most did a little of that
  assert.ok(use['b-net'].cpuNs > 150e6, `${use['b-net'].cpuNs} ns`)
  assert.ok(use['b-net'].cpuNs + use.other.cpuNs >= 200e6)

  // the process is gone: its threads keep their last readings
  assert.deepEqual(difference(after.threads, sampler.sample(), ['b-net']), {
    'b-net': { cpuNs: 0, waitNs: 0 },
    other: { cpuNs: 0, waitNs: 0 },
  })
})

test('a thread that vanished keeps its last reading', async () => {
  const worker = new Worker(
    `require('fs').writeFileSync('/proc/thread-self/comm', 'short) lived')
     require('worker_threads').parentPort.on('message', () => {}).postMessage('named')`,
    { eval: true },
  )
  await new Promise(resolve => worker.once('message', resolve))
  const sampler = new ThreadSampler(process.pid)
  const readings = () =>
    [...sampler.sample().values()].filter(({ name }) => name === 'short) lived')
  const [last] = readings()
  await worker.terminate()
  assert.deepEqual(readings(), [{ ...last, running: false }])
})

test('of a thread that never sleeps, busy as it is, the first reading or the last is taken', async () => {
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const spin =
    'const { workerData } = require("worker_threads"); while (!Atomics.load(workerData, 0));'
  const worker = new Worker(spin, { eval: true, workerData: stop })
  await new Promise(resolve => worker.once('online', resolve))
  const sampler = new ThreadSampler(process.pid)
  const samplingFirst = sampler.sampleWhenQuiet('first')
  const afterFirstMs = performance.now()
  const first = await samplingFirst
  const samplingLast = sampler.sampleWhenQuiet('last')
  const afterNextMs = performance.now()
  const last = await samplingLast
  Atomics.store(stop, 0, 1)
  await new Promise(resolve => worker.once('exit', resolve))
  assert.deepEqual([first.state, last.state], ['busy', 'busy'])
  assert.ok(first.atMs <= afterFirstMs)
  assert.ok(last.atMs >= afterNextMs)
})

const reading = (name: string, cpuNs: number, waitNs: number): ThreadReading => ({
  name,
  cpuNs,
  waitNs,
  userTicks: 0,
  kernelTicks: 0,
  running: false,
})

test('it is quiet when no thread runs', () => {
  const asleep = reading('b-net', 5000, 0)
  assert.equal(isQuiet(new Map([[1, asleep]])), true)
  assert.equal(
    isQuiet(
      new Map([
        [1, asleep],
        [2, { ...asleep, running: true }],
      ]),
    ),
    false,
  )
})

test('numbered threads are added up under the name without the number', () => {
  const before = new Map<number, ThreadReading>()
  const after = new Map([
    [1, reading('b-httpworker.0', 100, 1)],
    [2, reading('b-httpworker.15', 20, 2)],
    [3, reading('b-http', 3, 0)],
  ])
  assert.deepEqual(difference(before, after, ['b-http', 'b-httpworker']), {
    'b-http': { cpuNs: 3, waitNs: 0 },
    'b-httpworker': { cpuNs: 120, waitNs: 3 },
    other: { cpuNs: 0, waitNs: 0 },
  })
})

test('threads are added up by name, the ones not asked for as other', () => {
  const before = new Map([
    [1, reading('node', 100, 10)],
    [2, reading('b-net', 1000, 0)],
    [4, reading('http', 5, 0)],
    [6, reading('node', 900, 90)],
    [7, reading('node', 10, 500)],
  ])
  const after = new Map([
    [1, reading('node', 110, 12)],
    [2, reading('b-net', 3000, 7)],
    [3, reading('libuv-worker', 40, 3)], // new
    [4, reading('http', 6, 0)],
    [5, reading('http', 20, 1)], // new
    [6, reading('node', 30, 4)], // another thread, which got the number of one that is gone
    [7, reading('node', 15, 2)], // the same, which waited less but ran longer
  ])
  assert.deepEqual(difference(before, after, ['b-net', 'b-msghand', 'http']), {
    'b-net': { cpuNs: 2000, waitNs: 7 },
    http: { cpuNs: 21, waitNs: 1 },
    other: { cpuNs: 95, waitNs: 11 },
  })
})

test('time in user mode and in the kernel is added up like CPU time', () => {
  const at = (name: string, cpuNs: number, userTicks: number, kernelTicks: number) => ({
    ...reading(name, cpuNs, 0),
    userTicks,
    kernelTicks,
  })
  const before = new Map([
    [1, at('b-net', 100, 10, 20)],
    [2, at('node', 900, 90, 0)],
  ])
  const after = new Map([
    [1, at('b-net', 200, 13, 27)],
    [2, at('V8', 30, 2, 1)], // another thread, which got the number of one that is gone
    [3, at('b-httpworker.1', 5, 1, 0)],
    [4, at('b-httpworker.2', 5, 0, 1)],
  ])
  assert.deepEqual(modesBetween(before, after, ['b-net', 'b-httpworker']), {
    'b-net': { userNs: 3e7, kernelNs: 7e7 },
    'b-httpworker': { userNs: 1e7, kernelNs: 1e7 },
    other: { userNs: 2e7, kernelNs: 1e7 },
  })
})

test('a thread that computes is in user mode, one that calls the kernel is there, too', async () => {
  const module = new URL('./fixtures/child.js', import.meta.url)
  const child = await startChild({ module, args: ['burns CPU'], cpus: null })
  await child.waitFor(isAny, longMs)
  const sampler = new ThreadSampler(child.pid)
  const before = sampler.sample()
  await child.request({ kind: 'burn', cpuMs: 500 }, isAny, longMs)
  const after = sampler.sample()
  await child.stop({ graceMs: longMs })

  const [cpu, modes] = [difference, modesBetween].map(of => of(before, after, ['b-net']))
  const { userNs, kernelNs } = modes['b-net'] as CpuModes
  const { cpuNs } = cpu['b-net'] as CpuUse
  assert.ok(userNs > 0, 'none in user mode')
  // both are cut to whole ticks, at both ends
  assert.ok(Math.abs(userNs + kernelNs - cpuNs) <= 4e7, `${userNs} + ${kernelNs} of ${cpuNs} ns`)
})
