import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Interrupted, RunError } from '../errors.ts'
import { commandLineOf, descendantsOf } from '../fixtures/sockbench.ts'
import { choosePinning } from '../pinning.ts'
import { thisRevision } from '../revision.ts'
import { type CountedWorkload, countedWorkloads } from './counted-workloads.ts'
import { loadCounterBaseline, saveCounterBaseline } from './counter-baseline.ts'
import type { CountedRow } from './judgement.ts'
import { type CountingOptions, measureCounters } from './measure-counters.ts'
import { updateCounters } from './update-counters.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-counting-'))
after(() => rmSync(directory, { recursive: true }))

function named(name: string): CountedWorkload {
  const found = countedWorkloads.find(one => one.name === name)
  assert.ok(found, name)
  return found
}

function optionsFor(
  name: string,
  signal = new AbortController().signal,
): CountingOptions & { workloads: readonly CountedWorkload[] } {
  const { workload, ...rest } = named(name)
  const fewer = { ...workload, countingSlices: Math.min(20, workload.countingSlices) }
  return {
    revision: thisRevision,
    backends: ['direct'],
    workloads: [{ ...rest, workload: fewer }],
    pinning: choosePinning(),
    signal,
    observer: { countingStarts: () => {}, preparing: () => {}, warning: () => {} },
  }
}

function valuesOf({ counters }: CountedRow): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counters).map(([name, one]) => {
      assert.equal(one.state, 'stable', name)
      return [name, one.state === 'stable' ? one.value : Number.NaN]
    }),
  )
}

/** Its pid, as soon as there is one. */
async function childRunning(module: string): Promise<number> {
  for (let turn = 0; turn < 1000; turn++) {
    const found = descendantsOf(process.pid).find(pid => commandLineOf(pid).includes(module))
    if (found !== undefined) return found
    await sleep(10)
  }
  return assert.fail(`nothing runs ${module}`)
}

test('names of workloads are unique, and none has slices that are timed', () => {
  assert.equal(new Set(countedWorkloads.map(({ name }) => name)).size, countedWorkloads.length)
  assert.ok(countedWorkloads.every(({ workload }) => workload.slices === 0 && workload.idleMs > 0))
})

test('a block and a ping are one poll, one recv and two sends', async () => {
  const { rows, failures } = await measureCounters(optionsFor('ibd, 300-byte blocks'))
  assert.deepEqual(failures, [])
  const [perBlock, perIdlePoll] = rows
  assert.deepEqual([perBlock.unit, perIdlePoll.unit], ['block', 'idle poll'])
  assert.deepEqual(valuesOf(perBlock), {
    'syscall.poll': 1,
    'syscall.recv': 1,
    'syscall.send': 2,
    pollWakeUps: 1,
    // A block with its header, and a ping.
    bytesReceived: 300 + 24 + 32,
    // getdata for one block, and a pong.
    bytesSent: 24 + 37 + 32,
    messagesReceived: 2,
    messagesSent: 2,
    lookups: 1,
    waitSetEntries: 1,
    collectionsMade: 2,
  })
  assert.deepEqual(valuesOf(perIdlePoll), {
    'syscall.poll': 1,
    lookups: 1,
    waitSetEntries: 1,
    collectionsMade: 2,
  })
})

test('a request is one recv and one send, its connection an accept, an EOF and a close', async () => {
  const { rows, failures } = await measureCounters(optionsFor('http, 1 connection'))
  assert.deepEqual(failures, [])
  const perRequest = valuesOf(rows[0])
  const connections = 1 / named('http, 1 connection').workload.sliceWork
  assert.equal(perRequest['syscall.send'], 1)
  assert.equal(perRequest['syscall.recv'], 1 + connections)
  assert.equal(perRequest['syscall.poll'], 1 + 2 * connections)
  assert.equal(perRequest['syscall.accept4'], connections)
  assert.equal(perRequest['syscall.close'], connections)
})

test('a backend that cannot take part is left out', async () => {
  const options = { ...optionsFor('push, queued'), backends: ['floor', 'libuv'] }
  assert.deepEqual(await measureCounters(options), { rows: [], failures: [] })
})

test('a workload that names backends is counted on these, and no others', async () => {
  const options = optionsFor('push, optimistic')
  const [workload] = options.workloads
  const workloads = [{ ...workload, backends: ['devirtualized-sockman'] }]
  const { rows, failures } = await measureCounters({ ...options, workloads })
  assert.deepEqual(failures, [])
  assert.deepEqual([...new Set(rows.map(({ backend }) => backend))], ['devirtualized-sockman'])
})

test('a driver that cannot load anybody is no backend’s failure', async () => {
  const options = optionsFor('ibd, 300-byte blocks')
  const [{ workload, ...rest }] = options.workloads
  const preparation = { ...workload.preparation, profile: 'huge' }
  const workloads = [{ ...rest, workload: { ...workload, preparation } }]
  await assert.rejects(measureCounters({ ...options, workloads }), {
    name: 'RunError',
    message: /^cannot count ibd, 300-byte blocks: .*no chain profile "huge".*; `sockbench doctor`/,
  })
})

test('a driver that dies is no backend’s failure', async () => {
  const options = optionsFor('push, optimistic')
  const [{ workload, ...rest }] = options.workloads
  const workloads = [{ ...rest, workload: { ...workload, countingSlices: 1_000_000 } }]
  const counting = measureCounters({ ...options, workloads })
  const ended = assert.rejects(counting, {
    name: 'RunError',
    message: /^cannot count push, optimistic: .*SIGKILL.*; `sockbench doctor`/,
  })
  await childRunning('subject-process.js')
  process.kill(await childRunning('driver.js'), 'SIGKILL')
  await ended
})

test('a backend that does not start is a failure, and no baseline is written from that', async () => {
  const launched = { ...thisRevision.process, startTimeoutMs: 1 }
  const revision = { ...thisRevision, process: launched }
  const options = { ...optionsFor('push, optimistic'), revision }
  const { rows, failures } = await measureCounters(options)
  assert.deepEqual(rows, [])
  assert.deepEqual(
    failures.map(({ workload, backend, reason }) => [workload, backend, reason]),
    [['push, optimistic', 'direct', 'start: no answer within 1 ms']],
  )
  const path = join(directory, 'kept.json')
  writeFileSync(path, 'as it was')
  await assert.rejects(
    updateCounters(path, options),
    (error: Error) =>
      error instanceof RunError &&
      /is as it was: direct did not finish push, opt/.test(error.message),
  )
})

test('an update writes what was counted, and says what has changed', async () => {
  const path = join(directory, 'counters.json')
  const options = optionsFor('push, optimistic')
  assert.deepEqual(await updateCounters(path, options), [])
  const baseline = loadCounterBaseline(path)
  assert.equal(baseline.counts['push, optimistic'].direct.message['syscall.send'], 1)
  assert.deepEqual(await updateCounters(path, options), [])
  const { message, ...rest } = baseline.counts['push, optimistic'].direct
  const more = { ...message, 'syscall.send': 2 }
  baseline.counts['push, optimistic'].direct = { ...rest, message: more }
  saveCounterBaseline(path, baseline)
  assert.deepEqual(await updateCounters(path, options), [
    'direct, push, optimistic: syscall.send 2.000 -> 1.000 per message (-50.0 %)',
  ])
})

test('an interrupted update leaves the file as it was', async () => {
  const path = join(directory, 'interrupted.json')
  await assert.rejects(
    updateCounters(path, optionsFor('push, optimistic', AbortSignal.abort())),
    Interrupted,
  )
  assert.throws(() => loadCounterBaseline(path), /ENOENT/)
})
