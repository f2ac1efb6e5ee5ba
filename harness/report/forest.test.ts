import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  loopRounds,
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from './fixtures/synthetic-record.ts'
import { forestRows, forestRowsByMode } from './forest.ts'

const rounds = syntheticRounds(8, { other: 1.05 }, { noisePercent: 0, floor: 0.5 })

test('a row for each comparison but those with the floor, the twin marked', () => {
  const [result] = syntheticRecord(measuredLarge(rounds)).scenarios
  assert.deepEqual(
    forestRows(result).map(({ name, metric }) => `${metric}: ${name}`),
    [
      'cpu: direct (A′) against direct',
      'cpu: other against direct',
      'wall: direct (A′) against direct',
      'wall: other against direct',
    ],
  )
})

test('subject and baseline are told apart, with their loops', () => {
  const costs = { reference: 1, other: 1, referenceEach: 1, otherEach: 1 }
  const [result] = syntheticRecord(measuredLarge(loopRounds(6, costs))).scenarios
  assert.deepEqual(
    forestRows(result)
      .filter(({ kind }) => kind === 'loops')
      .map(({ subject, baseline }) => [subject, baseline])
      .slice(0, 2),
    [
      ['direct, a loop each', 'direct'],
      ['other, a loop each', 'other'],
    ],
  )
})

test('of several send modes each row says which, of a single one it goes without saying', () => {
  const inMode = (mode: string) => ({
    ...syntheticRecord(measuredLarge(rounds)).scenarios[0],
    parameters: { mode },
  })
  const namesOf = (...modes: string[]) =>
    forestRowsByMode(modes.map(inMode)).map(({ name, subject }) => [subject, name])
  assert.deepEqual(namesOf('queued')[1], ['other', 'other against direct'])
  const both = namesOf('queued', 'wakeup')
  assert.deepEqual(both[1], ['queued: other', 'queued: other against direct'])
  assert.deepEqual(both[5], ['wakeup: other', 'wakeup: other against direct'])
})
