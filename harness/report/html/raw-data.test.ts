import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { SockbenchRecord } from '../../record.ts'
import { longRecord } from './fixtures/records.ts'
import { type RawData, rawData } from './raw-data.ts'

const record = longRecord(2, 2000)

function contentOf(data: RawData | null): SockbenchRecord {
  assert.ok(data !== null)
  return JSON.parse(gunzipSync(Buffer.from(data.content, 'base64')).toString())
}

test('where there is room, a record is given whole', () => {
  const data = rawData(record, 'record', 'r', 1_000_000)
  assert.deepEqual(contentOf(data), record)
  assert.deepEqual([data?.fileName, data?.leftOut], ['record.json.gz', null])
})

test('where there is too little, its slices are left out, and it says so', () => {
  const whole = rawData(record, 'record', 'r', Infinity)?.content.length ?? 0
  const data = rawData(record, 'record', 'runs/r', whole - 1)
  const { scenarios } = contentOf(data)
  const [{ outcome }] = scenarios[0].processes
  assert.deepEqual(outcome.state === 'completed' && outcome.slices, [])
  assert.deepEqual(scenarios[0].comparisons, record.scenarios[0].comparisons)
  assert.equal(data?.fileName, 'record-without-slices.json.gz')
  assert.match(data?.leftOut ?? '', /its slices, .* they are in runs\/r/)
})

test('where there is next to none, nothing is given', () => {
  assert.equal(rawData(record, 'record', 'r', 100), null)
})
