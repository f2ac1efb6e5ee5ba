import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Ended, Sockbench } from './fixtures/sockbench.ts'
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

const record = syntheticRecord(measuredLarge(syntheticRounds(6, { 'virtual-sockman': 1.02 })))
const path = saveRecord(join(directory, 'run'), record)
const page = join(directory, 'page.html')

function report(...args: string[]): Promise<Ended> {
  return Sockbench.start(['report', path, ...args]).ended
}

test('report --html writes a page beside what it prints; with --quiet it prints nothing', async () => {
  const { code, stdout, stderr } = await report('--html', page)
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^ibd: large, 1 peer$/m)
  const text = readFileSync(page, 'utf8')
  assert.match(text, /^<!doctype html>.*<\/html>\n$/s)
  assert.match(text, /<h2 id="section-1">ibd: large, 1 peer<\/h2>/)
  rmSync(page)
  const quiet = await report('--html', page, '--quiet')
  assert.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [0, '', ''])
  assert.equal(readFileSync(page, 'utf8'), text)
})

test('report --html - prints the page and nothing else', async () => {
  const { code, stdout, stderr } = await report('--html', '-')
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^<!doctype html>.*<\/html>\n$/s)
})

test('a page of another margin has the verdicts of that margin', async () => {
  const strict = await report('--html', '-', '--margin', '0.5')
  assert.match(strict.stdout, /slower by more than 0\.5 %/)
  const generous = await report('--html', '-', '--margin', '10')
  assert.match(generous.stdout, /slower, but within ±10 %/)
})

test('a page that cannot be written is one line, and leaves nothing behind', async () => {
  const missing = join(directory, 'missing')
  const { code, stderr } = await report('--quiet', '--html', join(missing, 'page.html'))
  assert.equal(code, 2)
  assert.match(stderr, /^sockbench: --html .*: there is no directory .*missing; make it, .*\n$/)
  assert.ok(!existsSync(missing))
})

test('records that are merged have a page beside what becomes of them', async () => {
  const other = saveRecord(join(directory, 'other'), { ...record, seed: 43 })
  const out = join(directory, 'merged')
  const { stdout } = await Sockbench.start(['merge', path, other, '--out', out]).ended
  const [run] = readdirSync(join(out, 'runs'))
  const beside = join(out, 'runs', run, 'report.html')
  assert.ok(stdout.endsWith(`\npage: ${beside}\n`))
  assert.match(readFileSync(beside, 'utf8'), /on 2 machines, which are told apart below/)
})
