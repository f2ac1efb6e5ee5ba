import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { UsageError } from '../errors.ts'
import { planDefaults, subjectsOfRound } from '../plan.ts'
import { headRevision } from '../revisions/revision-of-directory.ts'
import { comparePlan } from './compare-plan.ts'
import { comparedRevisions } from './compared-revisions.ts'
import type { RunOptions } from './run-plan.ts'

const options: RunOptions = {
  scenario: ['ibd'],
  rounds: 8,
  boundary: planDefaults.boundary,
  margin: 1,
  set: ['profile=small', 'peers=1'],
}
const building = { note: () => {}, signal: new AbortController().signal }

test('each backend has rounds of its own, in which base runs twice and head once', () => {
  const { measurements } = comparePlan(options, false)
  assert.deepEqual(
    measurements.map(({ label, backends, schedule }) => [label, backends, schedule.looks]),
    [
      ['small, 1 peer, direct', ['direct'], [8]],
      ['small, 1 peer, virtual-sockman', ['virtual-sockman'], [8]],
      ['small, 1 peer, devirtualized-sockman', ['devirtualized-sockman'], [8]],
    ],
  )
  const revisions = ['base', 'head'].map(headRevision)
  const subjects = subjectsOfRound(measurements[0], revisions)
  assert.deepEqual(
    subjects.map(({ arm, revision }) => [arm, revision.name]),
    [
      ['A', 'base'],
      ["A'", 'base'],
      ['B', 'head'],
    ],
  )
})

test('rounds may go on until there is a verdict', () => {
  const { measurements } = comparePlan({ ...options, rounds: 'max' }, false)
  assert.deepEqual(measurements[0].schedule.looks, [8, 16, 24, 32])
})

test('a command is one backend: direct unless another is named', () => {
  const backendsOf = (backend?: string[]) =>
    comparePlan({ ...options, backend }, true).measurements.map(({ backends }) => backends)
  assert.deepEqual(backendsOf(), [['direct']])
  assert.deepEqual(backendsOf(['libuv']), [['libuv']])
  assert.throws(() => backendsOf(['direct', 'libuv']), UsageError)
})

test('dispatch has no revisions, and what does not exist is a usage error', () => {
  assert.throws(
    () => comparePlan({ ...options, scenario: ['dispatch'], set: [] }, false),
    UsageError,
  )
  assert.throws(() => comparePlan({ ...options, backend: ['indirect'] }, false), UsageError)
})

test('base and head may each be a command, or two checkouts, but nothing twice and not nothing', async () => {
  const [base, head] = await comparedRevisions(
    { baseCommand: './one', headCommand: './other' },
    null,
    building,
  )
  assert.deepEqual([base.source?.command, head.source?.command], ['./one', './other'])
  const [, here] = await comparedRevisions({ baseCommand: './one' }, null, building)
  assert.deepEqual(here, headRevision('head'))
  const wrong: [Parameters<typeof comparedRevisions>[0], [string, string] | null, RegExp][] = [
    [{}, null, /^nothing to compare with: /],
    [{ head: 'main' }, null, /^nothing to compare with: /],
    [{ base: 'main', baseCommand: './one' }, null, /^--base and --base-command are both given/],
    [{ baseCommand: './one', head: 'a', headCommand: 'b' }, null, /^--head and --head-command are/],
    [{ base: 'main' }, ['a', 'b'], /^two directories are compared by themselves/],
  ]
  for (const [given, directories, message] of wrong) {
    await assert.rejects(
      comparedRevisions(given, directories, building),
      (error: unknown) => error instanceof UsageError && message.test(error.message),
    )
  }
})

test('a name that is wrong is said before the other one is built', async context => {
  const cache = mkdtempSync(join(tmpdir(), 'sockbench-unbuilt-'))
  const before = process.env.SOCKBENCH_CACHE
  process.env.SOCKBENCH_CACHE = cache
  context.after(() => {
    if (before === undefined) Reflect.deleteProperty(process.env, 'SOCKBENCH_CACHE')
    else process.env.SOCKBENCH_CACHE = before
    rmSync(cache, { recursive: true })
  })
  const nothingBuilt = { ...building, note: assert.fail }
  for (const wrong of [{ head: 'no/such/ref' }, { headCommand: 'X=1 node' }]) {
    await assert.rejects(
      comparedRevisions({ base: 'HEAD', ...wrong }, null, nothingBuilt),
      UsageError,
    )
  }
})
