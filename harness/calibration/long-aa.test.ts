import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../errors.ts'
import type { SockbenchRecord } from '../record.ts'
import {
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from '../report/fixtures/synthetic-record.ts'
import { demandLongAa, longAaIn } from './long-aa.ts'

const machine = { cpuModel: 'Example CPU', cpus: [0, 1], memoryBytes: 8e9, kernel: '6.1.0' }
const settings = {
  backend: 'direct',
  seed: 3,
  sliceBlocks: 8,
  aa: { rounds: 6, slices: 40 },
  experiment: { rounds: 8, slices: 110 },
}
const large = (rounds: number) => measuredLarge(syntheticRounds(rounds, {}, { twin: 1.001 }))
const long = syntheticRecord(large(32))

test('a long run: A′ against A as its own analysis has it, and half of its interval', () => {
  const [twins] = long.scenarios[0].comparisons
  assert.deepEqual([twins.kind, twins.metric], ['aa', 'cpu'])
  const { low, high } = twins
  assert.ok(low !== null && high !== null && low < high)
  const found = longAaIn(long)
  assert.deepEqual(
    [found?.rounds, found?.slices, found?.tool, found?.startedAt],
    [32, 3, '0.1.0 (01234567)', long.startedAt],
  )
  assert.deepEqual(
    [found?.percent, found?.low, found?.high, found?.halfWidth],
    [100 * (twins.ratio - 1), 100 * (low - 1), 100 * (high - 1), (100 * (high - low)) / 2],
  )
})

test('too few rounds, several workloads or another one are no such run', () => {
  assert.equal(longAaIn(syntheticRecord(large(31))), null)
  assert.equal(longAaIn(syntheticRecord(large(32), large(32))), null)
  assert.equal(longAaIn(syntheticRecord({ ...large(32), scenario: 'http' })), null)
  const small = { profile: 'small', peers: 1 }
  assert.equal(longAaIn(syntheticRecord({ ...large(32), parameters: small })), null)
  assert.equal(longAaIn({ ...long, scenarios: [] }), null)
})

test('a record that does not belong to the calibration is refused in one line that says what would', () => {
  const refused = (record: SockbenchRecord, words: RegExp, backend = 'direct') =>
    assert.throws(
      () => demandLongAa(record, 'r.json', { machine, settings: { ...settings, backend } }),
      (error: Error) => {
        assert.ok(error instanceof UsageError)
        assert.match(error.message, /^r\.json is [^\n]*$/)
        assert.match(error.message, words)
        return true
      },
    )
  demandLongAa(long, 'r.json', { machine, settings })
  refused(syntheticRecord(large(31)), /no A\/A run of 32 rounds.*--backend direct .*--rounds 32/)
  refused(long, /--backend node /, 'node')
  const environment = { ...long.environment, kernel: '6.2.0' }
  refused({ ...long, environment }, /another machine/)
})
