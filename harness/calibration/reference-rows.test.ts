import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SubjectSpec } from '../plan.ts'
import { syntheticRun } from './fixtures/synthetic-run.ts'
import { lookAt } from './looks.ts'
import { armsPlan } from './plans.ts'
import { referenceRows } from './reference-rows.ts'
import type { AaRun, Experiment } from './stored.ts'

const context = {
  settings: {
    backend: 'direct',
    seed: 1,
    sliceBlocks: 8,
    aa: { rounds: 6, slices: 40 },
    experiment: { rounds: 8, slices: 110 },
  },
  pinning: null,
  tool: { version: '0.1.0', gitSha: null, dirty: null },
}
const { settings, tool } = context
const provenance = {
  index: 1,
  startedAt: '2025-01-02T03:04:05.678Z',
  durationMs: 1,
  tool,
  node: '20.12.0',
}

/** A always needs 100, and nothing is noise. */
function recordIf(costs: Record<string, number>, rounds: number, twin: number) {
  const arms = Object.keys(costs).map(name => ({ name, spinsPerRecv: 0 }))
  const costOf = ({ arm, revision }: SubjectSpec) =>
    arm === "A'" ? twin : (costs[revision.name ?? ''] ?? 100)
  return syntheticRun(armsPlan(context, { rounds, slices: 3 }, arms, 5), costOf, 0)
}

test('arms with nothing planted, against A and A′, and as if there were no A′', () => {
  const records = [
    recordIf({ 'arm 1': 102 }, settings.aa.rounds, 100),
    recordIf({ 'arm 1': 102 }, settings.aa.rounds, 101),
    recordIf({ 'arm 1': 101 }, settings.aa.rounds, 104),
    recordIf({ 'arm 1': 104, 'arm 2': 101, 'arm 3': 100 }, settings.experiment.rounds, 100),
  ]
  const readRecord = (file: string) => records[Number(file)]
  const lookOf = (i: number) => lookAt(records[i], String(i))
  const aa: AaRun[] = [0, 1, 2].map(i => ({ ...provenance, first: lookOf(i), confirmation: null }))
  const planted = (dosePercent: 0 | 1 | 4) => ({ dosePercent, spinsPerRecv: 1 })
  const experiment: Experiment = {
    ...provenance,
    first: lookOf(3),
    confirmation: null,
    key: { 'arm 1': planted(4), 'arm 2': planted(0), 'arm 3': planted(1) },
    turnNs: { before: 2, after: 2 },
  }
  const rows = referenceRows({ aa, experiment: [experiment] }, readRecord)
  assert.deepEqual(
    rows.map(({ from, against, rounds, arms, suspected, voided }) => {
      const counts = [rounds, arms, suspected, voided]
      return [from, against, ...counts]
    }),
    [
      // The second is suspected, and A/A′ takes it back; the third only with one reference.
      ['aa', 'A and A′', 18, 3, 2, 1],
      ['aa', 'A alone', 18, 3, 3, null],
      ['experiment', 'A and A′', 8, 1, 1, 0],
      ['experiment', 'A alone', 8, 1, 1, null],
    ],
  )
  // Of a third of 18 differences each: the deviation of ln 1.02, ln 1.02, ln 1.01, times √(18/17 · 2/3).
  const apart = (Math.log(1.02) - Math.log(1.01)) / Math.sqrt(3)
  const deviation = 100 * apart * Math.sqrt((18 / 17) * (2 / 3))
  assert.ok(Math.abs((rows[1].deviation?.deviation ?? Number.NaN) - deviation) < 1e-6)
})

test('of no runs, no rows', () => {
  assert.deepEqual(referenceRows({ aa: [], experiment: [] }, assert.fail), [])
})
