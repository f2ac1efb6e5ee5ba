import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Arm, ProcessSample } from '../record.ts'
import { syntheticProcess } from '../report/fixtures/synthetic-record.ts'
import { faultIn } from './deaths.ts'

/** How A, A′ and B ended in a round; undefined for who lived. */
type Ends = readonly [a?: string | undefined, twin?: string | undefined, b?: string | undefined]

function faultOf(...rounds: Ends[]): string {
  const processes = rounds.flatMap((ends, round) =>
    (['A', "A'", 'B'] as const).map((arm, i) => processOf(round, arm, ends[i])),
  )
  const fault = faultIn({ processes })
  if (fault === undefined) return 'nobody'
  if (fault.state === 'died') return `${fault.revision}, ${fault.times}: ${fault.reason}`
  assert.equal(fault.state, 'not-measured')
  return fault.state === 'not-measured' ? `neither: ${fault.reason}` : ''
}

function processOf(round: number, arm: Arm, reason: string | undefined): ProcessSample {
  const named = { round, arm, backend: 'direct', revision: arm === 'B' ? 'head' : 'base' }
  if (reason === undefined) return syntheticProcess({ ...named, cost: 1 })
  return { ...named, loops: null, outcome: { state: 'failed', stage: 'run', reason } }
}

const lived = undefined
const crash = 'killed by SIGSEGV'
const driver = 'the driver: killed by SIGKILL'

test('all lived: nobody is to blame', () => {
  assert.equal(faultOf([], []), 'nobody')
})

test('the head is to blame for the rounds in which the base lived', () => {
  assert.equal(faultOf([], [lived, lived, crash]), `head, 1: run: ${crash}`)
  assert.equal(faultOf([crash], [lived, lived, crash]), `head, 1: run: ${crash}`)
  assert.equal(faultOf([crash, crash, crash], [lived, lived, crash]), `head, 1: run: ${crash}`)
  assert.equal(faultOf([driver, driver, driver], [lived, lived, crash]), `head, 1: run: ${crash}`)
})

test('the base is to blame where it dies, and the head does in no other round', () => {
  assert.equal(faultOf([crash], []), `base, 1: run: ${crash}`)
  assert.equal(faultOf([crash, crash], [lived, crash]), `base, 3: run: ${crash}`)
  assert.equal(faultOf([crash, lived, crash]), `base, 1: run: ${crash}`)
})

test('neither is to blame for rounds in which nobody lived, or for the driver', () => {
  assert.equal(faultOf([crash, crash, crash]), `neither: run: ${crash}`)
  assert.equal(faultOf([], [driver, driver, driver]), `neither: run: ${driver}`)
  // One after the other: the first had finished.
  assert.equal(faultOf([lived, lived, driver], [driver, driver, driver]), `neither: run: ${driver}`)
  assert.equal(faultOf([lived, driver, driver]), `neither: run: ${driver}`)
})
