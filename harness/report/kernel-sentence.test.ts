import assert from 'node:assert/strict'
import { test } from 'node:test'
import { syntheticProcess } from './fixtures/synthetic-record.ts'
import { kernelSentence } from './kernel-sentence.ts'

function processOf(backend: string, arm: 'A' | "A'" | 'B', userNs: number, kernelNs: number) {
  const process = syntheticProcess({ round: 0, backend, arm, cost: 1 })
  assert.ok(process.outcome.state === 'completed')
  process.outcome.modes = {
    'b-net': { userNs: 1e7 * userNs, kernelNs: 1e7 * kernelNs },
    other: { userNs: 0, kernelNs: 0 },
  }
  return process
}

test('of A and A′ together, which are the same program', () => {
  const processes = [
    processOf('direct', 'A', 30, 70),
    processOf('direct', "A'", 50, 50),
    processOf('libuv', 'B', 75, 25),
  ]
  assert.deepEqual(kernelSentence({ processes }), [
    'CPU in the kernel, by its ticks: direct 60 %, libuv 25 %',
  ])
})

test('whoever had too little CPU is named, and no share made up', () => {
  const processes = [processOf('direct', 'A', 30, 70), processOf('libuv', 'B', 60, 39)]
  assert.deepEqual(kernelSentence({ processes }), [
    'CPU in the kernel, by its ticks: direct 70 %; too little to tell of libuv',
  ])
})

test('records of before this was read, and of less than a second of CPU, say nothing of it', () => {
  const older = syntheticProcess({ round: 0, backend: 'direct', arm: 'A', cost: 1 })
  assert.deepEqual(kernelSentence({ processes: [older, processOf('libuv', 'B', 60, 39)] }), [])
})
