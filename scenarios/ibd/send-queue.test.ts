import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildChain } from './chain-builder.ts'
import { pinChain, SendQueue } from './send-queue.ts'

test('consecutive small frames are one area, other blocks one or two each', async () => {
  const small = new SendQueue(pinChain(await buildChain({ profile: 'small', blocks: 20, seed: 1 })))
  for (let height = 1; height <= 20; ++height) small.addBlock(height)
  assert.equal(small.length, 1)
  small.addBlock(5)
  small.addBlock(7)
  assert.equal(small.length, 3)
  small.addBytes(new Uint8Array(32))
  assert.equal(small.length, 4)

  const large = new SendQueue(pinChain(await buildChain({ profile: '5000', blocks: 20, seed: 1 })))
  for (let height = 1; height <= 20; ++height) large.addBlock(height)
  assert.equal(large.length, 40)
})
