import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SockbenchRecord } from '../record.ts'
import {
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from '../report/fixtures/synthetic-record.ts'
import { terminalText } from '../report/terminal.ts'
import { compareRecords } from './compare-records.ts'
import { comparisonModel } from './model.ts'

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
  return terminalText(comparisonModel(files[0], files[1], compared), plain)
}

test('a table by workload, what no interval can know with its checks, and where it is from', () => {
  const base = record()
  const head = { ...record(), tool: { version: '0.2.0', gitSha: 'fedcba9876543210', dirty: true } }
  const text = textOf(base, head)
  assert.match(
    text,
    /\n\nibd: large, 1 peer\n\nbackend: figure +head\/base +95 % interval +rounds +ver/,
  )
  assert.match(
    text,
    /\ndirect: CPU per GB +1\.0000 +0\.\d{4} – 1\.\d{4} +8\/8 +inconclusive at ±1 %\n/,
  )
  assert.match(text, /\nother: wall time per GB +1\.0000 /)
  assert.match(
    text,
    /^In words\n {2}head against base, direct: undecided at ±1 % in CPU, 0\.0 % \[/,
  )
  assert.doesNotMatch(text, /head against base, floor: /)
  assert.match(text, /\n {2}the records were measured at different times: .* sockbench compare --b/)
  assert.match(
    text,
    /\n {2}as a check, the CPU of the reference of both differs by 0\.0 % \[.*\] in ibd \(large, 1 peer\) \(direct\)\n/,
  )
  assert.match(text, /\n {2}as a check, the CPU of the bare loop differs by 0\.0 % .* \(floor\)\n/)
  assert.match(text, /\nbase: a.json \(sockbench 0.1.0, 01234567, 2025-/)
  assert.match(text, /\nhead: b.json \(sockbench 0.2.0, fedcba98 with changes, 2025-.*\)\n$/)
  assert.doesNotMatch(text, /same commit|NOT COMPARABLE|only in/)
})

test('two runs of one commit: what differs is said to be the machine', () => {
  assert.match(
    textOf(record(), record()),
    /\n {2}both are of the same commit: all that differs is /,
  )
})

test('different machines are said aloud in the first line', () => {
  const head = record()
  const environment = { ...head.environment, kernel: '6.6.0' }
  const text = textOf(record(), { ...head, environment })
  assert.match(text, /^In words\n {2}NOT COMPARABLE: .*: kernel: 6\.1\.0 \/ 6\.6\.0\n/)
  assert.match(text, /\ndirect: CPU per GB +1\.0000 +— +8\/8 +not comparable\n/)
})

test('a biased record: nothing is said of what it measured but that', () => {
  const biased = syntheticRecord(
    measuredLarge(syntheticRounds(8, { other: 1 }, { noisePercent: 0.01, twin: 1.05 })),
  )
  const text = textOf(record(), biased)
  assert.match(
    text,
    /^In words\n {2}4 of 4 comparisons invalid: A\/A′ of the second record excludes 0\n/,
  )
  assert.doesNotMatch(text, /head against base, /)
})

test('who did not finish is listed with the record', () => {
  const head = record()
  const failure = { scenario: 'ibd', label: 'large, 1 peer', backend: 'other', round: 3 }
  const how = { loops: null, revision: null, arm: 'B', stage: 'run', reason: 'killed' } as const
  const text = textOf(record(), { ...head, failures: [{ ...failure, ...how }] })
  assert.match(text, /\nDid not finish\n {2}head: other did not finish ibd .*: killed\n/)
})

test('warnings of a record are told with the record', () => {
  const text = textOf(record(), { ...record(), warnings: ['the load was high', 'it moved'] })
  assert.match(text, /\nWarnings\n {2}head has 2 of its own, see sockbench report b\.json\n\n/)
})

test('what only one of them has is listed under its name', () => {
  const head = syntheticRecord(measuredLarge(syntheticRounds(8, { third: 1 })))
  const text = textOf(record(), head)
  assert.match(text, /\nWarnings\n {2}only in a\.json: ibd \(large, 1 peer\): other\n/)
  assert.match(text, /\n {2}only in b\.json: ibd \(large, 1 peer\): third\n/)
})

test('of records of revisions, each side says which', () => {
  const source = { ref: null, dirty: false, directory: null, command: null }
  const base = { ...source, name: 'base', gitSha: '0123456789abcdef' }
  const head = { ...source, name: 'head', gitSha: 'fedcba9876543210', dirty: true }
  const text = textOf(record(), { ...record(), revisions: [base, head] })
  assert.match(text, /\nbase: a\.json \([^,]+, 01234567, 2025-[^,]+\)\n/)
  assert.match(text, /\nhead: b\.json \(.*Z, base: 01234567, head: fedcba98 with changes\)\n$/)
})
