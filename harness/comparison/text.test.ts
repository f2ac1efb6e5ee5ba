import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SockbenchRecord } from '../record.ts'
import {
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from '../report/fixtures/synthetic-record.ts'
import { compareRecords } from './compare-records.ts'
import { comparisonText } from './text.ts'

const plain = { colour: false, columns: null }

function record(): SockbenchRecord {
  return syntheticRecord(
    measuredLarge(syntheticRounds(8, { other: 1 }, { noisePercent: 0.01, floor: 0.8 })),
  )
}

function textOf(base: SockbenchRecord, head: SockbenchRecord): string {
  const compared = compareRecords(base, head, 1)
  const files = [
    { path: 'a.json', record: base },
    { path: 'b.json', record: head },
  ] as const
  return comparisonText(files[0], files[1], compared, plain)
}

test('a table by workload, what no interval can know with its checks, and where it is from', () => {
  const base = record()
  const head = { ...record(), tool: { version: '0.2.0', gitSha: 'fedcba9876543210', dirty: true } }
  const text = textOf(base, head)
  assert.match(
    text,
    /^ibd: large, 1 peer\n\nbackend: figure +head\/base +95 % interval +rounds +ver/,
  )
  assert.match(
    text,
    /\ndirect: CPU per GB +1\.0000 +0\.\d{4} – 1\.\d{4} +8\/8 +inconclusive at ±1 %\n/,
  )
  assert.match(text, /\nother: wall time per GB +1\.0000 /)
  assert.match(text, /\nThe records were measured at different times: /)
  assert.match(
    text,
    /\nAs a check: the reference of ibd \(large, 1 peer\), direct, differs by 0\.0 % \[.*\] CPU\.\n/,
  )
  assert.match(text, /\nAs a check: the bare loop of ibd \(large, 1 peer\), floor, differs by /)
  assert.match(text, /\nTo keep the machine out of it, measure side by side: sockbench compare --b/)
  assert.match(text, /\nbase: a.json \(sockbench 0.1.0, 01234567, 2025-/)
  assert.match(text, /\nhead: b.json \(sockbench 0.2.0, fedcba98 with changes, 2025-.*\)\n$/)
  assert.doesNotMatch(text, /same commit|NOT COMPARABLE|Only in/)
})

test('two runs of one commit: what differs is said to be the machine', () => {
  assert.match(textOf(record(), record()), /\nBoth are of the same commit: all that differs is /)
})

test('different machines are said aloud in the first line', () => {
  const head = record()
  const environment = { ...head.environment, kernel: '6.6.0' }
  const text = textOf(record(), { ...head, environment })
  assert.match(text, /^NOT COMPARABLE: .*\n {2}kernel: 6\.1\.0 \/ 6\.6\.0\n\nibd/)
  assert.match(text, /\ndirect: CPU per GB +1\.0000 +— +8\/8 +not comparable\n/)
})

test('what only one of them has is listed under its name', () => {
  const head = syntheticRecord(measuredLarge(syntheticRounds(8, { third: 1 })))
  const text = textOf(record(), head)
  assert.match(text, /\nOnly in a\.json\n {2}ibd \(large, 1 peer\): other\n/)
  assert.match(text, /\nOnly in b\.json\n {2}ibd \(large, 1 peer\): third\n/)
})

test('of records of revisions, each side says which', () => {
  const source = { ref: null, dirty: false, directory: null, command: null }
  const base = { ...source, name: 'base', gitSha: '0123456789abcdef' }
  const head = { ...source, name: 'head', gitSha: 'fedcba9876543210', dirty: true }
  const text = textOf(record(), { ...record(), revisions: [base, head] })
  assert.match(text, /\nbase: a\.json \([^,]+, 01234567, 2025-[^,]+\)\n/)
  assert.match(text, /\nhead: b\.json \(.*Z, base: 01234567, head: fedcba98 with changes\)\n$/)
})
