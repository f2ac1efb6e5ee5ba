import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { RunError, UsageError } from '../errors.ts'
import {
  killedProcess,
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from '../report/fixtures/synthetic-record.ts'
import { CalibrationStore } from './calibration-store.ts'
import type { AaRun } from './stored.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-calibration-'))
after(() => rmSync(directory, { recursive: true }))
let stores = 0

const machine = { cpuModel: 'Example CPU', cpus: [0, 1], memoryBytes: 8e9, kernel: '6.1.0' }
const settings = {
  backend: 'direct',
  seed: 3,
  sliceBlocks: 8,
  aa: { rounds: 6, slices: 40 },
  experiment: { rounds: 8, slices: 110 },
}
const judged = {
  ratio: 1,
  low: 0.99,
  high: 1.01,
  verdict: 'equivalent' as const,
  differences: [0.001, -0.001],
  recvsPerByte: 1.5e-5,
  spinNs: null,
}
const aaRun: AaRun = {
  index: 1,
  startedAt: '2025-01-02T03:04:05.678Z',
  durationMs: 16_000,
  tool: { version: '0.1.0', gitSha: null, dirty: null },
  node: '20.12.0',
  first: {
    record: 'records/aa-001.json.gz',
    reference: { cpuNsPerByte: 0.7, recvsPerByte: 1.5e-5 },
    aa: judged,
    arms: { 'arm 1': judged },
  },
  confirmation: null,
}

function begun(): CalibrationStore {
  const store = new CalibrationStore(join(directory, String(stores++)))
  store.begin(settings, machine)
  return store
}

function says(kind: typeof RunError | typeof UsageError, ...words: RegExp[]) {
  return (error: unknown) => {
    assert.ok(error instanceof kind, String(error))
    assert.doesNotMatch(error.message, /\n/)
    for (const word of words) assert.match(error.message, word)
    return true
  }
}

test('what was saved is read back', () => {
  const store = begun()
  const nothing = { aa: [], experiment: [], controls: [], discarded: 0 }
  assert.deepEqual(store.load(), { machine, settings, ...nothing })
  store.saveAaRun({ ...aaRun, index: 2 })
  store.saveAaRun(aaRun)
  assert.deepEqual(store.load().aa, [aaRun, { ...aaRun, index: 2 }])
  assert.equal(store.seed, 3)
})

test('nothing that is no number is saved', () => {
  const store = begun()
  assert.throws(() => store.saveAaRun({ ...aaRun, durationMs: Number.NaN }))
  assert.deepEqual(readdirSync(store.directory), ['calibration.json'])
})

test('another machine, or other settings, are refused, and which differ is said', () => {
  const store = begun()
  const { directory: where } = store
  assert.throws(
    () => store.begin(settings, { ...machine, cpuModel: 'Other CPU' }),
    says(UsageError, /another machine/, /"Example CPU"/, /"Other CPU"/, /--out/, RegExp(where)),
  )
  const longer = { ...settings, aa: { rounds: 8, slices: 40 } }
  assert.throws(() => store.begin(longer, machine), says(UsageError, /settings/, /aa/, /--out/))
  assert.equal(store.begin(settings, machine).aa.length, 0)
})

test('a file that is not whole, or was changed, is named, with what to do', () => {
  const store = begun()
  store.saveAaRun(aaRun)
  const path = join(store.directory, 'aa-001.json')
  writeFileSync(path, JSON.stringify(aaRun).slice(0, 200))
  assert.throws(() => store.load(), says(RunError, RegExp(path), /not whole JSON/, /remove it/))
  writeFileSync(path, JSON.stringify({ ...aaRun, index: 0 }))
  assert.throws(() => store.load(), says(RunError, RegExp(path), /at index/, /remove it/))
  writeFileSync(join(store.directory, 'calibration.json'), '{')
  assert.throws(() => store.load(), says(RunError, /calibration\.json/, /restore it/))
})

test('a directory without a calibration, and one that cannot be written, are one line each', () => {
  const none = new CalibrationStore(join(directory, 'none'))
  assert.equal(none.seed, undefined)
  assert.throws(() => none.load(), says(RunError, /ENOENT/, /--out/))
  const file = join(directory, 'a-file')
  writeFileSync(file, '')
  assert.throws(
    () => new CalibrationStore(file).begin(settings, machine),
    says(RunError, /cannot write/, /--out/),
  )
})

test('whole records are kept compressed, and one that is missing is named', () => {
  const store = begun()
  const record = syntheticRecord(measuredLarge(syntheticRounds(6, {})))
  const file = store.saveRecord('aa-001', record)
  assert.equal(file, 'records/aa-001.json.gz')
  assert.deepEqual(store.readRecord(file), record)
  assert.throws(
    () => store.readRecord('records/aa-002.json.gz'),
    says(RunError, /aa-002\.json\.gz is missing/, /measure it again/),
  )
})

test('runs that were discarded are counted, and each of them is kept', () => {
  const store = begun()
  const record = syntheticRecord(measuredLarge([killedProcess(0, 'direct', 'A')]))
  store.saveDiscarded('aa-001', record)
  store.saveDiscarded('aa-001', record)
  store.saveRecord('aa-001', record)
  assert.equal(store.load().discarded, 2)
  assert.deepEqual(readdirSync(join(store.directory, 'records')).sort(), [
    'aa-001-discarded-1.json.gz',
    'aa-001-discarded-2.json.gz',
    'aa-001.json.gz',
  ])
})

test('one long run is kept beside them; another takes its place', () => {
  const store = begun()
  assert.equal(store.readLongAa(), null)
  const record = syntheticRecord(measuredLarge(syntheticRounds(32, {})))
  store.saveLongAa(record)
  store.saveLongAa({ ...record, seed: 7 })
  assert.deepEqual(store.readLongAa(), { ...record, seed: 7 })
  assert.deepEqual(store.load().aa, [])
})

test('files that are on their way, or of others, are no runs', () => {
  const store = begun()
  store.saveAaRun(aaRun)
  writeFileSync(join(store.directory, '.aa-002.json.77.tmp'), '{')
  writeFileSync(join(store.directory, 'aa-notes.txt'), '')
  mkdirSync(join(store.directory, 'records'))
  assert.equal(store.load().aa.length, 1)
})
