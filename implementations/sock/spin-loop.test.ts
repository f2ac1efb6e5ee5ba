import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpinLoop } from './spin-loop.ts'

test('a turn is a step of xorshift32', () => {
  const loop = new SpinLoop()
  loop.spin(0)
  assert.equal(loop.state, 2_463_534_242)
  loop.spin(1)
  // The first number that Marsaglia's paper gives for this seed.
  assert.equal(loop.state, 723_471_715)
})

test('turns add up, however they are divided among calls', () => {
  const [one, other] = [new SpinLoop(), new SpinLoop()]
  one.spin(1000)
  for (const turns of [1, 99, 900]) other.spin(turns)
  assert.equal(one.state, other.state)
})
