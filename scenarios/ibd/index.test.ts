import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ibd } from './index.ts'

test('subjects that spin live alone, and the reader is told', () => {
  const [optimistic, pollout] = ibd.workloads(
    new Map([
      ['profile', 'small'],
      ['peers', '1'],
      ['mode', 'optimistic,pollout'],
    ]),
  )
  assert.deepEqual([optimistic.lives, optimistic.caveats], ['together', []])
  assert.equal(pollout.lives, 'alone')
  assert.match(pollout.caveats.join(), /^in mode pollout .* one after the other$/)
})

test('buffers are fixed at both ends, or left to the kernel at both, and then the label says so', () => {
  const workloads = ibd.workloads(
    new Map([
      ['profile', 'large'],
      ['buffer-bytes', '262144,0'],
    ]),
  )
  assert.deepEqual(
    workloads.map(({ label, parameters, preparation, services }) => [
      label,
      parameters.bufferBytes,
      preparation.socketBufferBytes,
      services[0].socketBufferBytes,
    ]),
    [
      ['large, 1 peer', undefined, 262_144, 262_144],
      ['large, 1 peer, buffers left to the kernel', 0, 0, 0],
    ],
  )
})
