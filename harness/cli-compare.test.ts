import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Sockbench } from './fixtures/sockbench.ts'
import { demandMeasuringLock } from './measuring-lock.ts'
import { latestRecord, loadRecord, saveRecord } from './record-store.ts'
import {
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from './report/fixtures/synthetic-record.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-compare-'))
process.env.SOCKBENCH_CACHE = join(directory, 'cache')
after(() => {
  Sockbench.killAll()
  rmSync(directory, { recursive: true })
})

const tiny = ['profile=small', 'peers=1', 'slices=2', 'slice-blocks=50'].flatMap(one => [
  '--set',
  one,
])
const oneRound = [...tiny, '--rounds', '1', '--backend', 'direct']

function compare(...args: string[]) {
  // Where it locks the machine: other tests may measure at the same time, and do no harm to these.
  return Sockbench.start(['compare', ...args], { TMPDIR: directory }).ended
}

/** A record of `direct`, and another backend that costs so much more. */
function stored(name: string, other: number): string {
  const record = syntheticRecord(measuredLarge(syntheticRounds(8, { other })))
  return saveRecord(join(directory, name), record)
}

test('two records are compared without measuring, by file or by directory', async () => {
  stored('one', 1)
  const other = stored('other', 2)
  const { code, stdout, stderr } = await compare(join(directory, 'one'), other)
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /\nother: CPU per GB +2\.0000 +1\.\d{4} – 2\.\d{4} +8\/8 /)
  const json = await compare('--json', join(directory, 'one'), other)
  const { comparisons, base, differences } = JSON.parse(json.stdout) as Record<string, unknown>
  assert.deepEqual([base, differences], [join(directory, 'one'), []])
  assert.ok(Array.isArray(comparisons) && comparisons.length === 4)
})

test('what only measuring has a use for is refused beside two records, by name', async () => {
  const [one, other] = [stored('first', 1), stored('second', 1)]
  const cases = [
    [['--rounds', '8', '--set', 'peers=1'], '--rounds and --set'],
    [['--base', 'main'], '--base'],
    [['--out', directory], '--out'],
  ] as const
  for (const [given, named] of cases) {
    const { code, stdout, stderr } = await compare(one, other, ...given)
    assert.deepEqual([code, stdout], [2, ''])
    assert.equal(stderr, `sockbench: two records are compared by themselves: leave ${named} out\n`)
  }
  const { code } = await compare(one, other, '--margin', '5', '--quiet', '--no-color')
  assert.equal(code, 0)
})

test('what is no record, or not whole, or of another version is named in one line', async () => {
  const good = stored('good', 1)
  const text = readFileSync(good, 'utf8')
  const bad = (name: string, content: string) => {
    const path = join(directory, name)
    writeFileSync(path, content)
    return path
  }
  const empty = join(directory, 'empty')
  mkdirSync(empty)
  const cases: [path: string, code: number, message: RegExp][] = [
    [bad('truncated.json', text.slice(0, 5000)), 1, /is not whole JSON/],
    [bad('old.json', text.replace(/"schemaVersion": \d+/, '"schemaVersion": 1')), 1, /version 1,/],
    [bad('none.json', '{}'), 1, /is no sockbench record/],
    [join(directory, 'nowhere'), 2, /no record and no checkout at /],
    [empty, 2, /has neither a record.json nor a package.json/],
  ]
  for (const [path, expected, message] of cases) {
    const { code, stdout, stderr } = await compare(good, path)
    assert.deepEqual([code, stdout], [expected, ''])
    assert.match(stderr, message)
    assert.match(stderr, /^sockbench: [^\n]+\n$/)
  }
})

test('two commands are measured side by side as one backend', async () => {
  const subject = fileURLToPath(new URL('./subject-process.js', import.meta.url))
  const command = `'${process.execPath}' '${subject}'`
  const out = join(directory, 'commands')
  const both = ['--base-command', command, '--head-command', command]
  const { code, stdout, stderr } = await compare(...both, ...oneRound, '--out', out)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /\ndirect, head needs .* CPU per message against direct, base: /)
  const { revisions, scenarios, command: again } = loadRecord(latestRecord(out))
  assert.deepEqual(
    revisions.map(({ name, command: one }) => [name, one]),
    [
      ['base', command],
      ['head', command],
    ],
  )
  assert.deepEqual(
    scenarios[0].comparisons.map(({ kind, metric }) => `${kind} ${metric}`).slice(0, 2),
    ['aa cpu', 'revision cpu'],
  )
  assert.match(again, /^sockbench compare --base-command /)
})

test('two built checkouts are measured side by side', async () => {
  const here = fileURLToPath(new URL('../../', import.meta.url))
  const out = join(directory, 'checkouts')
  const markdown = join(directory, 'checkouts.md')
  const given = [...oneRound, '--out', out, '--quiet', '--md', markdown]
  const { code, stdout, stderr } = await compare(here, here, ...given)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /\ndirect, head needs /)
  assert.match(
    readFileSync(markdown, 'utf8'),
    /\n\| \| direct, head against direct, base \| CPU \| /,
  )
  const { revisions } = loadRecord(latestRecord(out))
  assert.ok(revisions.every(({ directory: place }) => place !== null && here.startsWith(place)))
})

test('a subject that is nothing of the kind did not finish, and the other has no ratio', async () => {
  const subject = fileURLToPath(new URL('./subject-process.js', import.meta.url))
  const base = ['--base-command', `'${process.execPath}' '${subject}'`]
  const out = join(directory, 'missing')
  const head = ['--head-command', 'no-such-program']
  const { code, stdout, stderr } = await compare(...base, ...head, ...oneRound, '--out', out)
  assert.equal(code, 1)
  assert.match(stdout, /\n {2}direct, head did not finish .*, start: exit code 127: .*not found\n/)
  assert.doesNotMatch(stdout, /direct, head needs/)
  assert.match(stderr, /sockbench: 1 subject\(s\) did not finish; see above\n$/)
})

test('who measures already is named, and nothing is measured beside it', async () => {
  const lock = join(directory, 'sockbench-measuring.lock')
  const release = demandMeasuringLock('sockbench gate', lock)
  const { code, stdout, stderr } = await compare('--base-command', 'true', ...oneRound)
  release()
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, new RegExp(`^sockbench: .sockbench gate. \\(pid ${process.pid}\\) `))
})

test('a ref that does not exist is a usage error', async () => {
  const { code, stdout, stderr } = await compare('--base', 'no/such/ref', ...oneRound)
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(stderr, /^sockbench: .*"no\/such\/ref"[^\n]*\n$/)
})
