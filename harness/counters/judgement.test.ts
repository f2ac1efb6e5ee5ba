import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, type ProcessOutcome } from './judgement.ts'

function processOf(recv: number, timeouts = 0, backend = 'direct'): ProcessOutcome {
  return { backend, counted: { perUnit: { recv }, perIdlePoll: { poll: 1 }, timeouts } }
}

const failed: ProcessOutcome = { backend: 'direct', counted: { failed: 'run: exit code 1' } }

function judged(restsConnected: boolean, ...processes: ProcessOutcome[]) {
  const workload = { name: 'http', unit: 'request', restsConnected }
  const { decided, rows, failures } = judge('direct', workload, processes, 0.1)
  return { decided, recv: rows[0]?.counters.recv, rows, failures }
}

test('two that agree decide, per request and at rest', () => {
  assert.deepEqual(judged(true, processOf(1), processOf(1), processOf(7, 0, 'another')), {
    decided: true,
    recv: { state: 'stable', value: 1 },
    rows: [
      {
        workload: 'http',
        backend: 'direct',
        unit: 'request',
        counters: { recv: { state: 'stable', value: 1 } },
      },
      {
        workload: 'http',
        backend: 'direct',
        unit: 'idle poll',
        counters: { poll: { state: 'stable', value: 1 } },
      },
    ],
    failures: [],
  })
})

test('two that differ decide nothing', () => {
  const { decided, recv } = judged(true, processOf(1), processOf(2))
  assert.deepEqual([decided, recv.state], [false, 'unstable'])
})

test('a process with a timeout has no vote where its connections were open', () => {
  const processes = [processOf(2, 1), processOf(2, 1), processOf(1), processOf(1)]
  assert.deepEqual(judged(false, ...processes).recv, { state: 'stable', value: 1 })
  assert.equal(judged(false, ...processes.slice(0, 3)).decided, false)
})

test('where its connections are those it rests with, a timeout changes nothing', () => {
  const { decided, recv } = judged(true, processOf(2, 1), processOf(2, 3))
  assert.deepEqual([decided, recv], [true, { state: 'stable', value: 2 }])
})

test('with too few votes all processes are looked at', () => {
  const { recv } = judged(false, processOf(2, 1), processOf(2, 1))
  assert.deepEqual(recv, { state: 'stable', value: 2 })
})

test('one that failed is all there is to say, and more processes would not help', () => {
  const { decided, rows, failures } = judged(true, processOf(1), failed)
  assert.deepEqual([decided, rows], [true, []])
  assert.deepEqual(failures, [{ workload: 'http', backend: 'direct', reason: 'run: exit code 1' }])
})

test('what timing decides in a workload is not looked at there', () => {
  const workload = { name: 'http', unit: 'request', restsConnected: true, timed: ['recv'] }
  const { decided, rows } = judge('direct', workload, [processOf(1), processOf(2)], 0.1)
  assert.deepEqual([decided, rows[0]?.counters], [true, {}])
})
