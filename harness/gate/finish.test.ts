import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { RecordError } from '../record-store.ts'
import { syntheticRecord } from '../report/fixtures/synthetic-record.ts'
import { type Finishing, finishGate } from './finish.ts'
import { comparisonRow, gateResult } from './fixtures/synthetic-result.ts'
import { type GateResult, gateResultSchema } from './gate-result.ts'
import { prepareGateStore, saveGate } from './gate-store.ts'
import { writeOutputs } from './outputs/files.ts'
import { markdownGate } from './outputs/markdown.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-gate-'))
after(() => rmSync(directory, { recursive: true }))

const result = gateResult({ comparisons: [comparisonRow({})] })
const records = { screening: syntheticRecord(), confirmation: null }

test('a result is kept with the records that it was made from', () => {
  const path = saveGate(directory, result, { ...records, confirmation: syntheticRecord() })
  assert.equal(path, join(directory, 'gates', '20250102T030405678Z-fedcba98', 'gate.json'))
  assert.deepEqual(gateResultSchema.parse(JSON.parse(readFileSync(path, 'utf8'))), result)
  for (const of of ['screening', 'confirmation']) {
    const record = readFileSync(join(path, '..', of, 'record.json'), 'utf8')
    assert.deepEqual(JSON.parse(record), syntheticRecord())
  }
})

test('no figure that is none is ever kept', () => {
  const stage = { ...comparisonRow({}).screening, ratio: Number.NaN }
  const broken = gateResult({ comparisons: [comparisonRow({ screening: stage as never })] })
  assert.throws(() => saveGate(join(directory, 'nan'), broken, records))
})

test('a place that cannot be written is one line, before anything is measured', () => {
  const file = join(directory, 'file')
  writeFileSync(file, '')
  assert.throws(
    () => prepareGateStore(file),
    new RecordError(
      `cannot keep results in ${join(file, 'gates')}: ENOTDIR; choose another place with --out`,
    ),
  )
})

test('a step summary is appended to, other files are replaced', () => {
  const [stepSummary, md] = ['summary', 'report.md'].map(name => join(directory, name))
  for (const path of [stepSummary, md]) writeFileSync(path, 'before\n')
  assert.deepEqual(writeOutputs(result, { stepSummary, md }), [])
  assert.equal(readFileSync(stepSummary, 'utf8'), `before\n${markdownGate(result)}`)
  assert.equal(readFileSync(md, 'utf8'), markdownGate(result))
})

test('a file that cannot be written is said, and the others are written', () => {
  const taken = join(directory, 'taken')
  mkdirSync(taken)
  const benchmarkJson = join(directory, 'benchmark.json')
  const problems = writeOutputs(result, { junit: taken, benchmarkJson, stepSummary: '' })
  assert.deepEqual(problems, [`cannot write ${taken}: it is a directory; name a file`])
  assert.equal(JSON.parse(readFileSync(benchmarkJson, 'utf8')).length, 1)
})

function finished(result: GateResult, how: Partial<Finishing> = {}) {
  const heard = { stdout: '', stderr: '' }
  const exitCode = finishGate(result, records, {
    out: directory,
    files: {},
    json: false,
    colour: false,
    annotate: false,
    print: text => {
      heard.stdout += text
    },
    say: text => {
      heard.stderr += text
    },
    ...how,
  })
  return { exitCode, ...heard }
}

const red = gateResult({ comparisons: [comparisonRow({ state: 'regressed' })], exitCode: 3 })

test('--json prints the result, and nothing else', () => {
  const { stdout, stderr, exitCode } = finished(red, { json: true })
  assert.deepEqual(gateResultSchema.parse(JSON.parse(stdout)), red)
  assert.deepEqual([stderr, exitCode], ['', 3])
})

test('annotations are never among the data', () => {
  const { stdout, stderr } = finished(red, { json: true, annotate: true })
  assert.match(stderr, /^::error /)
  assert.doesNotMatch(stdout, /^::/m)
})

test('what cannot be written fails a gate that passed, and the verdict is printed all the same', () => {
  const missing = join(directory, 'missing', 'report.md')
  const { exitCode, stdout, stderr } = finished(result, { files: { md: missing } })
  assert.equal(exitCode, 1)
  assert.match(stdout, /^gate passed \(0 red, 1 green, 0 neutral\)/m)
  assert.equal(
    stderr,
    `sockbench: cannot write ${missing}: there is no directory ${join(directory, 'missing')}; make it, or name another place\n`,
  )
  const notKept = finished(result, { out: join(directory, 'file') })
  assert.equal(notKept.exitCode, 1)
  assert.match(notKept.stdout, /\nnot stored\n$/)
})

test('a regression stays one where something cannot be written', () => {
  assert.equal(finished(red, { out: join(directory, 'file') }).exitCode, 3)
})
