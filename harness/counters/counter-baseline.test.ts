import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { UsageError } from '../errors.ts'
import { RecordError } from '../record-store.ts'
import {
  baselineOf,
  committedCounterBaseline,
  loadCounterBaseline,
  placesOf,
  placeText,
  saveCounterBaseline,
} from './counter-baseline.ts'
import type { CountedRow } from './judgement.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-counters-'))
after(() => rmSync(directory, { recursive: true }))

const rows: CountedRow[] = [
  {
    workload: 'push',
    backend: 'virtual-sockman',
    unit: 'message',
    counters: {
      'syscall.send': { state: 'stable', value: 1 },
      polls: { state: 'unstable', values: [1, 2, 3] },
      lookups: { state: 'stable', value: 5.25 },
    },
  },
  {
    workload: 'push',
    backend: 'virtual-sockman',
    unit: 'idle poll',
    counters: { lookups: { state: 'stable', value: 2 } },
  },
  { workload: 'ibd', backend: 'direct', unit: 'block', counters: {} },
]

test('it holds what is stable, and says why the rest is not gated', () => {
  assert.deepEqual(baselineOf(rows), {
    counterSchemaVersion: 1,
    counts: {
      push: {
        'virtual-sockman': {
          message: { 'syscall.send': 1, lookups: 5.25 },
          'idle poll': { lookups: 2 },
        },
      },
      ibd: { direct: { block: {} } },
    },
    notGated: {
      push: { 'virtual-sockman': { message: { polls: 'differs from process to process' } } },
    },
  })
})

test('its places are backends in workloads', () => {
  assert.deepEqual(placesOf(baselineOf(rows)).map(placeText), [
    'virtual-sockman, push',
    'direct, ibd',
  ])
})

test('it comes back as it was stored, and its keys are in order', () => {
  const path = join(directory, 'new', 'counters.json')
  const baseline = baselineOf(rows)
  saveCounterBaseline(path, baseline)
  assert.deepEqual(loadCounterBaseline(path), baseline)
  const keys = [...readFileSync(path, 'utf8').matchAll(/^ {6,}"([^"]+)": [{\d]/gm)].map(
    ([, key]) => key,
  )
  assert.equal(
    keys.join(', '),
    'direct, block, virtual-sockman, idle poll, lookups, message, lookups, syscall.send, virtual-sockman, message',
  )
})

test('a baseline that cannot be written leaves the old one as it was', () => {
  const path = join(directory, 'whole', 'counters.json')
  saveCounterBaseline(path, baselineOf([]))
  assert.throws(() => saveCounterBaseline(join(path, 'below'), baselineOf(rows)), RecordError)
  assert.deepEqual(loadCounterBaseline(path), baselineOf([]))
  assert.deepEqual(readdirSync(join(directory, 'whole')), ['counters.json'])
})

test('a missing baseline is said, with the command that makes one', () => {
  assert.throws(
    () => loadCounterBaseline(join(directory, 'none.json')),
    (error: Error) =>
      error instanceof RecordError &&
      /none\.json: ENOENT.*; make one with `sockbench gate --update-counters`$/.test(error.message),
  )
})

for (const [what, text, at] of [
  ['cut off', '{"counterSchemaVersion": 1, "coun', 'its root'],
  [
    'of another version',
    '{"counterSchemaVersion":2,"counts":{},"notGated":{}}',
    'counterSchemaVersion',
  ],
  [
    'with text for a number',
    '{"counterSchemaVersion":1,"counts":{"ibd":{"direct":{"block":{"recv":"1"}}}},"notGated":{}}',
    'counts.ibd.direct.block.recv',
  ],
] as const) {
  test(`a baseline that is ${what} is refused, and where`, () => {
    const path = join(directory, 'damaged.json')
    writeFileSync(path, text)
    assert.throws(
      () => loadCounterBaseline(path),
      (error: Error) =>
        error instanceof RecordError && error.message.includes(`sockbench: ${at} (`),
    )
  })
}

test('a commit has its own, wherever the checkout is by now', () => {
  const repository = join(directory, 'repository')
  mkdirSync(repository)
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org']
  const git = (...args: string[]) =>
    execFileSync('git', [...identity, ...args], { cwd: repository, encoding: 'utf8' }).trim()
  const commit = () => {
    git('add', '--all')
    git('commit', '--quiet', '--allow-empty', '--message', 'A commit')
    return git('rev-parse', 'HEAD')
  }
  const path = join(repository, 'results', 'counters.json')
  const of = (counted: CountedRow[]) => {
    saveCounterBaseline(path, baselineOf(counted))
    return commit()
  }
  git('init', '--quiet')
  const [none, old] = [commit(), of([])]
  of(rows)
  assert.deepEqual(committedCounterBaseline(path, old, repository), baselineOf([]))
  assert.deepEqual(committedCounterBaseline(path, 'HEAD', repository), baselineOf(rows))
  assert.throws(() => committedCounterBaseline(path, none, repository), {
    name: 'RecordError',
    message: new RegExp(
      `^cannot read the counter baseline .*counters\\.json of ${none}: .*; make one with \`sock`,
    ),
  })
  assert.throws(() => committedCounterBaseline(path, 'no-such-ref', repository), UsageError)
  const outside = join(directory, 'outside.json')
  saveCounterBaseline(outside, baselineOf([]))
  assert.deepEqual(committedCounterBaseline(outside, old, repository), baselineOf([]))
})
