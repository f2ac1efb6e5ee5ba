import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Sockbench } from './fixtures/sockbench.ts'
import { recordSchema } from './record.ts'
import { saveRecord } from './record-store.ts'
import {
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from './report/fixtures/synthetic-record.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-report-'))
after(() => {
  Sockbench.killAll()
  rmSync(directory, { recursive: true })
})

function stored(name: string, other: number): string {
  const record = syntheticRecord(measuredLarge(syntheticRounds(8, { other })))
  return saveRecord(join(directory, name), record)
}

const path = stored('one', 1.05)

function sockbench(...args: string[]) {
  return Sockbench.start(args).ended
}

test('--md writes a file, and the report is printed as well unless --quiet says not to', async () => {
  const file = join(directory, 'report.md')
  const loud = await sockbench('report', path, '--md', file)
  assert.deepEqual([loud.code, loud.stderr], [0, ''])
  assert.match(loud.stdout, /^In words\n {2}other against direct: more CPU, /)
  const written = readFileSync(file, 'utf8')
  assert.match(written, /^## sockbench report\n\n- 🔴 other against direct: more CPU, /)
  writeFileSync(file, 'older')
  const quiet = await sockbench('report', path, '--md', file, '--quiet')
  assert.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [0, '', ''])
  assert.equal(readFileSync(file, 'utf8'), written)
})

test('--md - prints Markdown, --json the record, and nothing else', async () => {
  const markdown = await sockbench('report', path, '--md', '-')
  assert.match(markdown.stdout, /^## sockbench report\n[\s\S]*\n- chance: .*\n$/)
  const json = await sockbench('report', path, '--json', '--margin', '7')
  const { scenarios } = recordSchema.parse(JSON.parse(json.stdout))
  assert.deepEqual([...new Set(scenarios[0].comparisons.map(one => one.marginPercent))], [7])
})

test('what cannot be delivered is one line, before anything is read or measured', async () => {
  const missing = join(directory, 'missing')
  const refusals = [
    [
      ['--md', '-', '--json'],
      /^sockbench: --md and --json cannot share stdout: name a file for one/,
    ],
    [
      ['--md', join(missing, 'a.md')],
      /--md .*a\.md: there is no directory .*missing; make it, or name/,
    ],
    [['--md', ''], /^sockbench: --md names no file/],
    [['--md', directory], /: it is a directory; name a file/],
    [['--md', 'a', '--html', './a'], /^sockbench: two formats cannot share the file /],
  ] as const
  for (const [given, refusal] of refusals) {
    for (const command of [
      ['report', join(missing, 'record.json')],
      ['compare', '--base', 'no-ref'],
    ]) {
      const { code, stdout, stderr } = await sockbench(...command, ...given)
      assert.match(stderr, refusal)
      assert.deepEqual([code, stdout, stderr.split('\n').length], [2, '', 2])
    }
  }
  assert.ok(!existsSync(missing))
})

test('a file that cannot be written fails the command, after the report, and leaves nothing behind', async () => {
  const taken = join(directory, 'taken')
  writeFileSync(taken, 'a file')
  const inFile = join(taken, 'a.md')
  const { code, stdout, stderr } = await sockbench('report', path, '--md', inFile)
  assert.match(stdout, /^In words\n/)
  assert.deepEqual(
    [code, stderr],
    [1, `sockbench: cannot write ${inFile}: ENOTDIR; make room, or name another place\n`],
  )
  assert.equal(readFileSync(taken, 'utf8'), 'a file')
})

test('two stored records have a Markdown report, too', async () => {
  const file = join(directory, 'compared.md')
  const { code, stdout } = await sockbench('compare', path, stored('two', 1.5), '--md', file)
  assert.equal(code, 0)
  assert.match(stdout, /^In words\n {2}head against base, /)
  const markdown = readFileSync(file, 'utf8')
  assert.match(markdown, /^## sockbench report\n\n- . head against base, direct: /)
  assert.match(markdown, /\n\| \| other: head against base \| CPU \| /)
  assert.match(markdown, /\n- base: .*one.*record\.json \(sockbench /)
})
