import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../errors.ts'
import type { SockbenchConfig } from './define-config.ts'
import { parseConfig } from './schema.ts'

function refused(config: unknown, message: RegExp) {
  assert.throws(
    () => parseConfig(config, 'f.json'),
    (error: unknown) => {
      assert(error instanceof UsageError, String(error))
      assert.match(error.message, message)
      return true
    },
  )
}

const comparison = { scenario: 'ibd', set: { profile: 'large', peers: 1 }, marginPercent: 1 }
const withComparison = (change: object) => ({
  gate: { comparisons: [comparison, { ...comparison, ...change }] },
})
const withCounters = (counters: unknown) => ({ gate: { comparisons: [comparison], counters } })

test('a file may use all there is', () => {
  const config: SockbenchConfig = {
    run: {
      scenario: ['ibd', 'dispatch'],
      backend: ['direct', 'libuv'],
      rounds: 8,
      boundary: 'pocock',
      budget: '90s',
      margin: 0.5,
      seed: 0,
      set: { profile: ['small', 'large'], peers: 1, verify: 'merkle' },
      out: 'elsewhere',
    },
    gate: {
      base: 'v1.0',
      budget: '8m',
      rounds: 6,
      strict: true,
      comparisons: [
        { ...comparison, backends: ['direct'], metrics: ['cpu', 'latencyP99'] },
        { scenario: 'dispatch', marginPercent: 0 },
      ],
      counters: {
        file: 'counters.json',
        tolerancePercent: 0,
        scenarios: [{ scenario: 'ibd', set: comparison.set, backends: ['direct'] }],
      },
      waits: false,
    },
  }
  assert.deepEqual(parseConfig(config, 'f.json'), config)
})

test('nothing needs to be said, and undefined says nothing', () => {
  assert.deepEqual(parseConfig({}, 'f.json'), {})
  assert.deepEqual(parseConfig({ run: { rounds: undefined } }, 'f.json').run?.rounds, undefined)
  assert.equal(parseConfig(withCounters(false), 'f.json').gate?.counters, false)
})

test('a key that does not exist is refused with those that do', () => {
  refused({ runs: {} }, /^f\.json: no "runs"; known: run, gate$/)
  refused(
    { run: { round: 8 } },
    /^f\.json: run: no "round"; known: scenario, backend, rounds, .*out$/,
  )
  refused(
    { gate: { comparisons: [], budgets: '8m' } },
    /^f\.json: gate: no "budgets"; known: base, .*waits$/,
  )
  refused(
    withComparison({ margin: 1, marginPercent: undefined }),
    /^f\.json: gate\.comparisons\[1\]: no "margin"; known: .*marginPercent$/,
  )
  refused(
    withCounters({ tolerance: 1 }),
    /^f\.json: gate\.counters: no "tolerance"; known: file, tolerancePercent, scenarios$/,
  )
})

test('a scenario, backend or metric that does not exist is refused with those that do', () => {
  refused(
    { run: { scenario: ['ibd', 'idb'] } },
    /: run\.scenario\[1\]: no scenario "idb"; known: ibd,/,
  )
  refused(
    { run: { backend: ['epoll'] } },
    /: run\.backend\[0\]: no backend "epoll"; known: direct,/,
  )
  refused(
    withComparison({ scenario: 'p2p' }),
    /comparisons\[1\]\.scenario: no scenario "p2p"; known/,
  )
  refused(withComparison({ backends: ['x'] }), /comparisons\[1\]\.backends\[0\]: no backend "x"/)
  refused(withComparison({ metrics: ['ram'] }), /comparisons\[1\]\.metrics\[0\]: .*"cpu"\|"wall"/)
  refused(
    withCounters({ scenarios: [{ scenario: 'x' }] }),
    /: gate\.counters\.scenarios\[0\]\.scenario: no scenario "x"/,
  )
})

test('values of another kind are refused where they are', () => {
  refused({ run: { rounds: 'most' } }, /^f\.json: run\.rounds: give a number or "max"$/)
  refused({ run: { boundary: 'none' } }, /: run\.boundary: .*"obrien-fleming"\|"pocock"/)
  refused({ run: { out: 7 } }, /: run\.out: .*expected string, received number/)
  refused({ run: { seed: Number.NaN } }, /: run\.seed: .*expected number, received NaN/)
  refused({ run: { set: { peers: null } } }, /: run\.set\.peers: give a value or a list of values$/)
  refused(
    { run: { set: { peers: [1, null] } } },
    /: run\.set\.peers\[1\]: give a text or a number$/,
  )
  refused({ run: { set: { peers: [] } } }, /: run\.set\.peers: /)
  refused(
    { run: { set: { 'a=b': 1 } } },
    /: run\.set\.a=b: the name of a setting is a word without/,
  )
  refused(withCounters(true), /^f\.json: gate\.counters: give an object, or false$/)
  refused(withCounters({ tolerancePercent: -1 }), /: gate\.counters\.tolerancePercent: /)
})

test('a gate needs something to compare, a margin for it, and rounds enough for a verdict', () => {
  refused({ gate: {} }, /: gate\.comparisons: /)
  refused({ gate: { comparisons: [] } }, /: gate\.comparisons: /)
  refused(
    withComparison({ marginPercent: undefined }),
    /comparisons\[1\]\.marginPercent: .*expected/,
  )
  refused(withComparison({ marginPercent: -0.1 }), /: gate\.comparisons\[1\]\.marginPercent: /)
  refused({ gate: { comparisons: [comparison], rounds: 5 } }, /: gate\.rounds: .*6/)
  refused(
    { gate: { comparisons: [comparison], budget: '8' } },
    /: gate\.budget: give a time above 0, as in 90s or 3m$/,
  )
})

test('a gated comparison is of one workload, and so are gated counters', () => {
  const name =
    /^f\.json: gate\.comparisons\[1\]: "set" must choose one of the \d+ workloads of ibd \(.*; .*\); settings: profile, /
  refused(withComparison({ set: undefined }), name)
  refused(
    withCounters({ scenarios: [{ scenario: 'ibd' }] }),
    /: gate\.counters\.scenarios\[0\]: "set" must choose one of the \d+ workloads of ibd/,
  )
  refused(
    withComparison({ set: { profile: 'small,large' } }),
    /comparisons\[1\]\.set\.profile: "small,large" is several values; give one$/,
  )
  refused(
    withComparison({ set: { profil: 'large' } }),
    /comparisons\[1\]: ibd has no setting "profil"/,
  )
  refused(
    withComparison({ set: { profile: 'huge', peers: 1 } }),
    /comparisons\[1\]: no chain profile "huge"; known: /,
  )
  refused(
    withComparison({ scenario: 'dispatch', set: { peers: 1 } }),
    /comparisons\[1\]: dispatch has no setting "peers": it has none$/,
  )
})
