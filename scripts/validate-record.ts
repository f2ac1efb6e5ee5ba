/**
 * Reads what `sockbench run --json` printed from stdin, and fails unless it is one valid record in
 * which nothing failed, every backend has its verdict, in each way of sharing loops, with an interval
 * where there were rounds enough for one, and the 50 ms detector was asked about all latencies.
 * Figures are not judged.
 */
import assert from 'node:assert/strict'
import { stdin } from 'zx'
import { type Program, programName, programsOf, runs } from '../harness/program.ts'
import { type Arm, type Comparison, recordSchema } from '../harness/record.ts'

const ROUNDS_FOR_AN_INTERVAL = 6

const text = await stdin()
assert.equal(text.trimEnd().split('\n').length, 1, 'stdout has more than the record on it')
const record = recordSchema.parse(JSON.parse(text))
assert.deepEqual(record.failures, [])
assert.ok(record.scenarios.length > 0, 'nothing was measured')

for (const { label, comparisons, processes, waits, latencyInvalid } of record.scenarios) {
  const programsAs = (role: Arm) => programsOf(processes.filter(({ arm }) => arm === role))
  const [reference] = programsAs('A')
  const cpu = comparisons.filter(({ metric }) => metric === 'cpu')
  assertOne(cpu, 'aa', reference, reference, label)
  for (const program of programsAs('B')) {
    const { backend, loops, revision } = program
    if (revision !== reference.revision) {
      assertOne(cpu, 'revision', program, { ...program, revision: reference.revision }, label)
      continue
    }
    if (backend !== reference.backend) {
      assertOne(cpu, 'backend', program, { ...reference, loops }, label)
    }
    if (loops !== reference.loops) {
      assertOne(cpu, 'loops', program, { ...program, loops: reference.loops }, label)
    }
  }
  const timed = processes.filter(
    ({ outcome }) =>
      outcome.state === 'completed' && outcome.latency !== null && latencyInvalid === null,
  )
  const detected = waits.map(programName)
  assert.deepEqual(
    new Set(detected),
    new Set(timed.map(programName)),
    `${label}: the detector was asked about ${detected.join(', ')}`,
  )
}
console.log(
  `one valid record: ${record.scenarios.length} parameter sets, ` +
    `${record.scenarios.flatMap(({ comparisons }) => comparisons).length} comparisons`,
)

function baselineOf({ baseline, baselineLoops, baselineRevision }: Comparison): Program {
  return { backend: baseline, loops: baselineLoops, revision: baselineRevision }
}

function assertOne(
  comparisons: readonly Comparison[],
  kind: Comparison['kind'],
  program: Program,
  baseline: Program,
  label: string,
): void {
  const found = comparisons.filter(
    comparison =>
      comparison.kind === kind &&
      runs(comparison, program) &&
      runs(baselineOf(comparison), baseline),
  )
  const names = `${programName(program)} / ${programName(baseline)}`
  assert.equal(found.length, 1, `${label}: ${found.length} comparisons ${names}`)
  if (found[0].rounds < ROUNDS_FOR_AN_INTERVAL) return
  assert.notEqual(found[0].low, null, `${label}: ${names} has no interval`)
}
