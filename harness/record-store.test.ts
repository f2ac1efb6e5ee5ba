import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import {
  latestRecord,
  loadRecord,
  prepareStore,
  RecordError,
  runDirectory,
  saveRecord,
} from './record-store.ts'
import {
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from './report/fixtures/synthetic-record.ts'

const record = syntheticRecord(measuredLarge(syntheticRounds(6, { 'virtual-sockman': 1.02 })))
let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'record-store-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('a run directory is named by its start in UTC and the short sha', () => {
  const startedAt = '2025-01-02T03:04:05.678Z'
  const sha = '0123456789abcdef'
  assert.equal(runDirectory('results', startedAt, sha), 'results/runs/20250102T030405678Z-01234567')
  assert.equal(runDirectory('/x', startedAt, null), '/x/runs/20250102T030405678Z-nogit')
})

test('a saved record is read back by its file or its directory, and nothing else is left', () => {
  const run = join(directory, 'runs', 'one')
  const path = saveRecord(run, record)
  assert.equal(path, join(run, 'record.json'))
  assert.deepEqual(loadRecord(path), record)
  assert.deepEqual(loadRecord(run), record)
  assert.deepEqual(readdirSync(run), ['record.json'])
})

test('a record that breaks the schema is never written', () => {
  assertOneLine(
    () => saveRecord(join(directory, 'run'), { ...record, durationMs: Number.NaN }),
    /^this record is not kept: .* schema at durationMs \(.*\); that is a bug in sockbench/,
  )
  assert.deepEqual(readdirSync(directory), [])
})

test('a write that breaks off half-way keeps the old record and leaves no temporary file', () => {
  const path = saveRecord(directory, record)
  const before = readFileSync(path, 'utf8')
  const child = join(directory, 'child.mjs')
  const store = new URL('./record-store.js', import.meta.url).href
  writeFileSync(
    child,
    `import { loadRecord, saveRecord } from ${JSON.stringify(store)}
     const record = loadRecord(process.argv[2])
     try { saveRecord(process.argv[2], { ...record, seed: 7 }) } catch (error) {
       console.log(error.name + ': ' + error.message)
     }`,
  )
  // A limit of 4 KiB on the size of files stands in for a full disk.
  const limited = 'ulimit -f 8 && exec "$0" "$1" "$2"'
  const { stdout } = spawnSync('sh', ['-c', limited, process.execPath, child, directory], {
    encoding: 'utf8',
  })
  assert.match(stdout, /^RecordError: cannot write .*record\.json: EFBIG: .*--out\n$/)
  assert.equal(readFileSync(path, 'utf8'), before)
  assert.deepEqual(readdirSync(directory).sort(), ['child.mjs', 'record.json'])
})

test('a place that cannot be written to is one clear line, without a temporary file', () => {
  const file = join(directory, 'file')
  writeFileSync(file, '')
  assertOneLine(() => saveRecord(file, record), /cannot write .*EEXIST.*--out/)
  mkdirSync(join(directory, 'taken', 'record.json'), { recursive: true })
  assertOneLine(() => saveRecord(join(directory, 'taken'), record), /EISDIR/)
  assert.deepEqual(readdirSync(join(directory, 'taken')), ['record.json'])
})

test('a place that takes no records is found out beforehand; one that does is made', () => {
  const file = join(directory, 'file')
  writeFileSync(file, '')
  assertOneLine(() => prepareStore(file), /cannot keep records in .*file\/runs: E.*--out/)
  prepareStore(join(directory, 'new'))
  assert.deepEqual(readdirSync(join(directory, 'new')), ['runs'])
})

test('the newest run is the newest that has a record', () => {
  assertOneLine(() => latestRecord(directory), /no run is stored in .*runs; measure with/)
  const [older, newer, empty] = ['1', '2', '3'].map(name => join(directory, 'runs', name))
  saveRecord(older, record)
  saveRecord(newer, record)
  mkdirSync(empty)
  assert.equal(latestRecord(directory), newer)
})

test('a missing record says how to make one', () => {
  const path = join(directory, 'none', 'record.json')
  assertOneLine(() => loadRecord(path), /cannot read the record .*none.*ENOENT.*sockbench run/)
  assertOneLine(() => loadRecord(directory), /ENOENT/)
})

test('a truncated record is damaged, at any length', () => {
  const path = saveRecord(directory, record)
  const { length } = readFileSync(path)
  for (const bytes of [length - 3, length >> 1, 0]) {
    truncateSync(path, bytes)
    assertOneLine(() => loadRecord(path), /record\.json is not whole JSON.*measure again/)
  }
})

test('a compressed record is read whatever its name, and a damaged one is said to be', () => {
  const compressed = gzipSync(JSON.stringify(record))
  const path = join(directory, 'compressed')
  writeFileSync(path, compressed)
  assert.deepEqual(loadRecord(path), record)
  for (const bytes of [compressed.length - 3, compressed.length >> 1, 2]) {
    truncateSync(path, bytes)
    assertOneLine(() => loadRecord(path), /compressed is not whole gzip.*measure again/)
  }
  writeFileSync(path, gzipSync('{"schemaVersion":'))
  assertOneLine(() => loadRecord(path), /compressed is not whole JSON.*measure again/)
})

test('a record of another version names both versions', () => {
  const path = write({ ...record, schemaVersion: 99 })
  assertOneLine(() => loadRecord(path), /schema version 99, this sockbench reads 3/)
})

test('JSON that is no record is refused, and a violation is named by its place', () => {
  assertOneLine(() => loadRecord(write({ hello: 1 })), /no sockbench record/)
  assertOneLine(() => loadRecord(write(null)), /no sockbench record/)
  const [scenario] = record.scenarios
  const relabelled = write({ ...record, scenarios: [{ ...scenario, label: 5 }] })
  assertOneLine(() => loadRecord(relabelled), /schema at scenarios\.0\.label/)
  assertOneLine(() => loadRecord(write({ ...record, extra: 1 })), /schema at its root .*extra/)
})

function write(content: unknown): string {
  const path = join(directory, 'other.json')
  writeFileSync(path, JSON.stringify(content))
  return path
}

function assertOneLine(action: () => unknown, expected: RegExp): void {
  assert.throws(action, error => {
    assert.ok(error instanceof RecordError)
    assert.match(error.message, expected)
    assert.doesNotMatch(error.message, /\n/)
    return true
  })
}
