import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Agreement } from './agreement.ts'
import { compareCounters, violationText } from './compare-counters.ts'
import { baselineOf } from './counter-baseline.ts'
import type { CountedRow } from './judgement.ts'

const stable = (value: number): Agreement => ({ state: 'stable', value })
const unstable = (...values: number[]): Agreement => ({ state: 'unstable', values })

function row(counters: Record<string, Agreement>, backend = 'direct'): CountedRow {
  return { workload: 'ibd', backend, unit: 'block', counters }
}

function compare(
  was: Record<string, Agreement>,
  is: Record<string, Agreement>,
  tolerancePercent = 0.1,
) {
  return compareCounters(
    baselineOf([row(was)]),
    { rows: [row(is)], failures: [] },
    tolerancePercent,
  )
}

const where = { workload: 'ibd', backend: 'direct', unit: 'block' }

test('the same counts are no violation', () => {
  const counts = { recv: stable(1), send: stable(2.004) }
  assert.deepEqual(compare(counts, counts, 0), { compared: 2, violations: [], notes: [] })
})

test('a tenth of a per cent is within the tolerance, more is not, in either direction', () => {
  assert.deepEqual(compare({ recv: stable(1000) }, { recv: stable(1001) }).violations, [])
  const more = compare({ recv: stable(1000) }, { recv: stable(1002) }).violations
  const less = compare({ recv: stable(1000) }, { recv: stable(998) }).violations
  assert.deepEqual(
    [...more, ...less].map(({ is }) => is),
    [1002, 998],
  )
})

test('with a tolerance of 0 any difference is a violation', () => {
  const { violations } = compare({ recv: stable(1000) }, { recv: stable(1000.5) }, 0)
  assert.equal(violations.length, 1)
  assert.ok(Math.abs((violations[0].changePercent ?? 0) - 0.05) < 1e-9)
})

test('a new counter was 0, and has no change in per cent', () => {
  const { violations } = compare({ recv: stable(1) }, { recv: stable(1), getsockopt: stable(1) })
  const [violation] = violations
  assert.deepEqual(violations, [
    { ...where, counter: 'getsockopt', was: 0, is: 1, changePercent: null },
  ])
  assert.equal(violationText(violation), 'direct, ibd: getsockopt 0 -> 1.000 per block')
})

test('a counter that has vanished is 0', () => {
  const { violations } = compare({ recv: stable(1), send: stable(2) }, { recv: stable(1) })
  assert.deepEqual(violations, [{ ...where, counter: 'send', was: 2, is: 0, changePercent: -100 }])
  assert.equal(violationText(violations[0]), 'direct, ibd: send 2.000 -> 0 per block (-100.0 %)')
})

test('an increase is written with its sign', () => {
  const [violation] = compare({ send: stable(2) }, { send: stable(3) }).violations
  assert.equal(violationText(violation), 'direct, ibd: send 2.000 -> 3.000 per block (+50.0 %)')
})

test('what differed when the baseline was written is not compared', () => {
  const { compared, violations } = compare({ polls: unstable(1, 2) }, { polls: stable(9) })
  assert.deepEqual({ compared, violations }, { compared: 0, violations: [] })
})

test('that nothing at all was compared is said', () => {
  const nothing = ['nothing was compared: the counter baseline gates none of what is counted']
  assert.deepEqual(compare({ polls: unstable(1, 2) }, { polls: stable(9) }).notes, nothing)
  const empty = { rows: [], failures: [] }
  assert.deepEqual(compareCounters(baselineOf([]), empty, 0.1).notes, nothing)
})

test('where processes differ, one near the baseline acquits, and that is said', () => {
  const counted = compare(
    { polls: stable(2), recv: stable(1) },
    { polls: unstable(2.001, 3, 4), recv: stable(1) },
  )
  const { compared, violations, notes } = counted
  assert.deepEqual([compared, violations], [1, []])
  assert.equal(notes.length, 1)
  assert.match(notes[0], /polls per block differs .*\(2\.001, 3\.000, 4\.000\).* with 2\.000$/)
})

test('where processes differ on both sides of the baseline nothing is certain', () => {
  const { violations, notes } = compare({ polls: stable(2) }, { polls: unstable(1, 3, 4) })
  assert.deepEqual([violations.length, notes.length], [0, 1])
})

test('processes that differ and are all off on one side are a violation', () => {
  const up = compare({ polls: stable(2) }, { polls: unstable(3, 4, 5) }).violations
  const down = compare({ polls: stable(9) }, { polls: unstable(3, 4, 5) }).violations
  assert.deepEqual(
    [...up, ...down].map(({ is }) => is),
    [4, 4],
  )
})

test('a backend that the baseline does not know is named once, with the command that adds it', () => {
  const rows = [row({ recv: stable(1) }, 'new'), { ...row({}, 'new'), unit: 'idle poll' }]
  assert.deepEqual(compareCounters(baselineOf([]), { rows, failures: [] }, 0.1), {
    compared: 0,
    violations: [],
    notes: [
      'new, ibd: not in the counter baseline; add it with `sockbench gate --update-counters`',
    ],
  })
})

test('what the baseline has and nobody counted is named, unless that has failed', () => {
  const baseline = baselineOf([row({ recv: stable(1) }), row({ recv: stable(1) }, 'gone')])
  const rows = [row({ recv: stable(1) })]
  assert.deepEqual(compareCounters(baseline, { rows, failures: [] }, 0.1), {
    compared: 1,
    violations: [],
    notes: [
      'gone, ibd: in the counter baseline, and not counted; if that is meant, take it out with ' +
        '`sockbench gate --update-counters`',
    ],
  })
  const failures = [{ workload: 'ibd', backend: 'gone', reason: 'run: exit code 1' }]
  assert.deepEqual(compareCounters(baseline, { rows, failures }, 0.1).notes, [])
})
