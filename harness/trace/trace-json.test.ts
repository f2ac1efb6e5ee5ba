import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UNNUMBERED } from '../../implementations/threads/message-points.ts'
import { RecordedThreads } from './fixtures/recorded-threads.ts'
import { livesIn } from './lives.ts'
import { type ChromeTrace, chromeTrace } from './trace-json.ts'

/** Requests whose replies are sent in part, and by two threads. */
function traced(): ChromeTrace {
  const threads = new RecordedThreads('http')
  for (let i = 0; i < 10; i++) {
    const atNs = 100_000 * i + 1_000
    threads.received(atNs, 3, 50)
    threads.complete(atNs + 20, 3, 0, 0)
    threads.published(atNs + 21, 3)
    threads.handled([atNs + 200, atNs + 230, atNs + 231], 3, UNNUMBERED, 90, 90)
    threads.sent('handler', atNs + 240, 3, 30, 60)
    threads.sent('net', atNs + 50_000, 3, 60, 0)
  }
  // Unasked: one end is no arrow.
  threads.event('net', 'outbound_message', 1_500_000, 3, 100, 25, 25)
  threads.sent('net', 1_500_010, 3, 25, 0)
  const recordings = threads.recordings(2_000_000)
  const process = { name: 'direct, queued', recordings, lives: livesIn(recordings) }
  return chromeTrace([process, { ...process, name: 'virtual-sockman, queued' }], { command: 'x' })
}

test('events are in the order of time, and processes and threads have names', () => {
  const { traceEvents } = traced()
  for (const pid of [1, 2]) {
    const times = traceEvents.filter(event => event.pid === pid).map(({ ts }) => ts)
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    )
  }
  const names = traceEvents.filter(({ ph }) => ph === 'M').map(({ args }) => args?.name)
  assert.deepEqual(names.slice(0, 3), ['direct, queued', 'b-net', 'b-handler'])
  assert.equal(names[3], 'virtual-sockman, queued')
})

test('every begin of a stage has its end, in the order of a stack', () => {
  const open = new Map<string, string[]>()
  let begun = 0
  for (const { ph, id = '', name } of traced().traceEvents) {
    if (ph !== 'b' && ph !== 'e') continue
    const stack = open.get(id) ?? []
    open.set(id, stack)
    if (ph === 'b') {
      begun++
      stack.push(name)
    } else {
      assert.equal(stack.pop(), name)
    }
  }
  assert.ok(begun >= 20 * 8)
  assert.ok([...open.values()].every(stack => stack.length === 0))
})

test('every arrow has both ends, each at the beginning of a slice of its thread', () => {
  const { traceEvents } = traced()
  const slices = new Set(
    traceEvents.filter(({ ph }) => ph === 'X').map(({ pid, tid, ts }) => `${pid}/${tid}/${ts}`),
  )
  const flows = new Map<string, string[]>()
  for (const { ph, id = '', pid, tid, ts } of traceEvents) {
    if (ph !== 's' && ph !== 't' && ph !== 'f') continue
    assert.ok(slices.has(`${pid}/${tid}/${ts}`))
    flows.set(id, [...(flows.get(id) ?? []), ph])
  }
  assert.equal(flows.size, 20)
  for (const phases of flows.values()) assert.deepEqual(phases, ['s', 't', 'f'])
})

test('slices of a thread lie beside or within each other', () => {
  const { traceEvents } = traced()
  const slices = traceEvents.filter(({ ph }) => ph === 'X')
  assert.ok(slices.some(({ name }) => name === 'poll'))
  for (const { pid, tid, ts, dur = 0 } of slices) {
    for (const other of slices) {
      if (other.pid !== pid || other.tid !== tid || other.ts <= ts) continue
      const otherEnd = other.ts + (other.dur ?? 0)
      assert.ok(other.ts >= ts + dur || otherEnd <= ts + dur + 1e-9)
    }
  }
})

test('it is JSON that says in what its times are', () => {
  const trace = JSON.parse(JSON.stringify(traced())) as ChromeTrace
  assert.equal(trace.displayTimeUnit, 'ns')
  assert.deepEqual(trace.otherData, { command: 'x' })
  const poll = trace.traceEvents.find(({ name }) => name === 'poll')
  assert.deepEqual([poll?.ts, poll?.dur], [0.99, 0.01], 'microseconds')
})
