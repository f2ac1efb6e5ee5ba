import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { recordJsonSchema, recordSchema } from './record.ts'
import {
  loopRounds,
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from './report/fixtures/synthetic-record.ts'

test('the committed schema is the one this code validates against', () => {
  const committed = readFileSync(new URL('../../results/schema.json', import.meta.url), 'utf8')
  assert.equal(committed, recordJsonSchema(), 'run `npm run update-schema`')
})

test('a record survives being written as JSON and read again', () => {
  const costs = { reference: 1, other: 1, referenceEach: 1, otherEach: 1 }
  const record = syntheticRecord(
    measuredLarge(syntheticRounds(8, { 'virtual-sockman': 1.02 })),
    measuredLarge(loopRounds(8, costs)),
  )
  assert.deepEqual(recordSchema.parse(JSON.parse(JSON.stringify(record))), record)
})

test('no clock error is ever stored: NaN, infinities and negative figures are refused, wherever', () => {
  const record = syntheticRecord(measuredLarge(syntheticRounds(6, {})))
  const numbers = [...numbersIn(record)]
  assert.ok(numbers.some(({ path }) => path.endsWith('slices.0.wallNs')))
  for (const { path, set } of numbers) {
    // What was asked for, not what was measured.
    const isAsked = /^(seed|configuration)\b|\.parameters\./.test(path)
    for (const wrong of [Number.NaN, Infinity, -Infinity, ...(isAsked ? [] : [-1])]) {
      set(wrong)
      assert.equal(recordSchema.safeParse(record).success, false, `${path} = ${wrong}`)
    }
    set()
  }
  assert.ok(recordSchema.safeParse(record).success)
})

interface Place {
  path: string
  /** Without a number, to what it was. */
  set: (number?: number) => void
}

function* numbersIn(tree: object, path: readonly string[] = []): Generator<Place> {
  for (const [key, value] of Object.entries(tree)) {
    const here = [...path, key]
    const set = (number = value) => Reflect.set(tree, key, number)
    if (typeof value === 'number') yield { path: here.join('.'), set }
    if (typeof value === 'object' && value !== null) yield* numbersIn(value, here)
  }
}

test('a completed process has slices, and a failed one has no figures', () => {
  const record = syntheticRecord(measuredLarge(syntheticRounds(1, {})))
  const [sample] = record.scenarios[0].processes
  const withOutcome = (outcome: unknown) =>
    recordSchema.safeParse({
      ...record,
      scenarios: [{ ...record.scenarios[0], processes: [{ ...sample, outcome }] }],
    }).success
  assert.equal(withOutcome({ ...sample.outcome, slices: [] }), false)
  assert.equal(withOutcome({ state: 'failed', stage: 'run', reason: 'exit code 1' }), true)
  assert.equal(withOutcome({ ...sample.outcome, state: 'failed', stage: 'run', reason: '' }), false)
})
