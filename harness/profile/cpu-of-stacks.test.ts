import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpuOfStacks } from './cpu-of-stacks.ts'
import type { Frame } from './frame.ts'

const frame = (name: string, file: string): Frame => ({ name, file, line: 1, kind: 'other' })
const computing = [frame('parse', 'implementations/protocol/p2p/frame.ts')]
const sending = [{ ...frame('send(2)', ''), kind: 'system call' as const }]
const polling = [{ ...frame('poll(2)', ''), kind: 'system call' as const }]
const waiting = [frame('WakeUp.wait', 'implementations/threads/wake-up.ts')]

function costs(samples: [Frame[], number][], cpuNs: number): number[] {
  const stacks = samples.map(([frames, count]) => ({ frames, samples: count }))
  return cpuOfStacks(stacks, 1_000, cpuNs).stacks.map(stack => stack.cpuNs)
}

test('a sample of what computes is a period of CPU; of the rest, sleeping calls get what is left', () => {
  // 20 µs in all: 5 computing, 10 sending, 5 left for 50 samples of sleep, as they are shared.
  const found = costs(
    [
      [computing, 5],
      [sending, 10],
      [polling, 40],
      [waiting, 10],
    ],
    20_000,
  )
  assert.deepEqual(found, [5_000, 10_000, 4_000, 1_000])
})

test('where a call waited for a CPU, its samples are worth less than a period', () => {
  // 15 samples of sending would be 15 µs, and only 7 are there.
  assert.deepEqual(
    costs(
      [
        [computing, 5],
        [sending, 15],
        [polling, 40],
      ],
      12_000,
    ),
    [5_000, 7_000, 0],
  )
})

test('samples of what computes are never worth more than there was', () => {
  assert.deepEqual(
    costs(
      [
        [computing, 10],
        [polling, 5],
      ],
      8_000,
    ),
    [8_000, 0],
  )
})

test('without a call to give the rest to, those who computed get it', () => {
  assert.deepEqual(costs([[computing, 4]], 8_000), [8_000])
  assert.deepEqual(
    costs(
      [
        [computing, 4],
        [sending, 1],
      ],
      8_000,
    ),
    [4_000, 4_000],
  )
})

test('whatever was sampled, the stacks add up to what /proc says', () => {
  for (const cpuNs of [1, 9_000, 123_456]) {
    const found = costs(
      [
        [computing, 7],
        [sending, 3],
        [polling, 2],
      ],
      cpuNs,
    )
    const sum = found.reduce((total, one) => total + one, 0)
    assert.ok(Math.abs(sum - cpuNs) < 1e-6, `${sum} of ${cpuNs}`)
  }
})
