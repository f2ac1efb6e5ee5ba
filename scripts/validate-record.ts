/**
 * Reads what `sockbench run --json` printed from stdin, and fails unless it is one valid record in
 * which nothing failed and every backend has its verdict. Figures are not judged.
 */
import assert from 'node:assert/strict'
import { stdin } from 'zx'
import { type Arm, type Comparison, recordSchema } from '../harness/record.ts'

const text = await stdin()
assert.equal(text.trimEnd().split('\n').length, 1, 'stdout has more than the record on it')
const record = recordSchema.parse(JSON.parse(text))
assert.deepEqual(record.failures, [])
assert.ok(record.scenarios.length > 0, 'nothing was measured')

for (const { label, comparisons, processes } of record.scenarios) {
  const backendsAs = (role: Arm) => [
    ...new Set(processes.filter(({ arm }) => arm === role).map(({ backend }) => backend)),
  ]
  const [reference] = backendsAs('A')
  const cpu = comparisons.filter(({ metric }) => metric === 'cpu')
  assertOne(cpu, 'aa', reference, reference, label)
  for (const backend of backendsAs('B')) assertOne(cpu, 'backend', backend, reference, label)
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
  assert.notEqual(found[0].low, null, `${label}: ${backend} / ${baseline} has no interval`)
}
