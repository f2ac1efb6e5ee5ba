import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpinLoop } from './spin-loop.ts'
import { TimedSpins } from './timed-spins.ts'

/** A clock that takes 50 ns to read, and a loop that takes as long as the list says, spin by spin. */
function timedSpins(turns: number, spinsNs: readonly number[]): number[] {
  let nowMs = 0
  let spins = 0
  const loop = new SpinLoop()
  const spin = loop.spin.bind(loop)
  loop.spin = given => {
    spin(given)
    nowMs += spinsNs[Math.min(Math.floor(spins++ / 16), spinsNs.length - 1)] / 1e6
  }
  const clock = () => {
    nowMs += 50 / 1e6
    return nowMs
  }
  const timed: number[] = []
  const planted = new TimedSpins(loop, turns, ns => timed.push(Math.round(ns)), clock)
  for (let i = 0; i < 16 * spinsNs.length; i++) planted.spin()
  assert.equal(spins, 16 * spinsNs.length)
  return timed
}

test('one spin in sixteen is timed, without what reading the clock takes', () => {
  assert.deepEqual(timedSpins(300, [500, 520, 480]), [500, 520, 480])
})

test('a spin in which another thread ran is not counted', () => {
  assert.deepEqual(timedSpins(300, [500, 50_000, 1_049, 1_051]), [500, 1_049])
})

test('nothing planted takes no time that could be told', () => {
  assert.deepEqual(timedSpins(0, [10, 10]), [])
})
