/**
 * Reads what `sockbench run --json` printed from stdin, and fails unless it is one valid record in
 * which nothing failed, every backend has its verdict, with an interval where there were rounds enough
 * for one, and the 50 ms detector was asked about all latencies. Figures are not judged.
 */
import assert from 'node:assert/strict'
import { stdin } from 'zx'
import { type Arm, type Comparison, recordSchema } from '../harness/record.ts'

const ROUNDS_FOR_AN_INTERVAL = 6

const text = await stdin()
assert.equal(text.trimEnd().split('\n').length, 1, 'stdout has more than the record on it')
const record = recordSchema.parse(JSON.parse(text))
assert.deepEqual(record.failures, [])
assert.ok(record.scenarios.length > 0, 'nothing was measured')

for (const { label, comparisons, processes, waits, latencyInvalid } of record.scenarios) {
  const backendsAs = (role: Arm) => [
    ...new Set(processes.filter(({ arm }) => arm === role).map(({ backend }) => backend)),
  ]
  const [reference] = backendsAs('A')
  const cpu = comparisons.filter(({ metric }) => metric === 'cpu')
  assertOne(cpu, 'aa', reference, reference, label)
  for (const backend of backendsAs('B')) assertOne(cpu, 'backend', backend, reference, label)
  const timed = processes.filter(
    ({ outcome }) =>
      outcome.state === 'completed' && outcome.latency !== null && latencyInvalid === null,
  )
  const detected = waits.map(({ backend }) => backend)
  assert.deepEqual(
    new Set(detected),
    new Set(timed.map(({ backend }) => backend)),
    `${label}: the detector was asked about ${detected.join(', ')}`,
  )
}
console.log(
  `one valid record: ${record.scenarios.length} parameter sets, ` +
    `${record.scenarios.flatMap(({ comparisons }) => comparisons).length} comparisons`,
)

function assertOne(
  comparisons: readonly Comparison[],
  kind: Comparison['kind'],
  backend: string,
  baseline: string,
  label: string,
): void {
  const found = comparisons.filter(
    comparison =>
      comparison.kind === kind &&
      comparison.backend === backend &&
      comparison.baseline === baseline,
  )
  assert.equal(found.length, 1, `${label}: ${found.length} comparisons ${backend} / ${baseline}`)
  if (found[0].rounds < ROUNDS_FOR_AN_INTERVAL) return
  assert.notEqual(found[0].low, null, `${label}: ${backend} / ${baseline} has no interval`)
}
