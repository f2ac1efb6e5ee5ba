import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Interrupted, RunError } from '../errors.ts'
import { choosePinning } from '../pinning.ts'
import { thisRevision } from '../revision.ts'
import { type CountedWorkload, countedWorkloads } from './counted-workloads.ts'
import { loadCounterBaseline } from './counter-baseline.ts'
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

function optionsFor(name: string, signal = new AbortController().signal): CountingOptions {
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
  assert.equal(await updateCounters(path, options), null)
  const baseline = loadCounterBaseline(path)
  assert.equal(baseline.counts['push, optimistic'].direct.message['syscall.send'], 1)
  const again = await updateCounters(path, options)
  assert.deepEqual(again?.violations, [])
})

test('an interrupted update leaves the file as it was', async () => {
  const path = join(directory, 'interrupted.json')
  await assert.rejects(
    updateCounters(path, optionsFor('push, optimistic', AbortSignal.abort())),
    Interrupted,
  )
  assert.throws(() => loadCounterBaseline(path), /ENOENT/)
})
