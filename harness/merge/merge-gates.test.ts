import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CounterFindings, type GateResult, gateResultSchema } from '../gate/gate-result.ts'
import { gateOf, rowOf } from './fixtures/synthetic-gate.ts'
import { mergeGates } from './merge-gates.ts'

const counters: CounterFindings = {
  baseline: 'counters.json',
  tolerancePercent: 0.1,
  compared: 5,
  violations: [
    {
      workload: 'ibd lock-step',
      backend: 'direct',
      counter: 'syscall.getsockopt',
      unit: 'block',
      was: 0,
      is: 1,
      changePercent: null,
    },
  ],
  failures: [],
  notes: ['new: syscall.x'],
}

const merged = (...gates: GateResult[]) =>
  mergeGates(gates.map((content, i) => ({ path: `${'abc'[i]}.json`, content })))

test('shards: all rows in the order of the shards, each with its machine', () => {
  const first = gateOf(1, '1/2', { comparisons: [rowOf('large')], warnings: ['odd'] })
  const second = gateOf(2, '2/2', { comparisons: [rowOf('small')] })
  const whole = merged(second, first)
  assert.deepEqual(whole.comparisons, [rowOf('large'), { ...rowOf('small'), source: 1 }])
  assert.deepEqual(
    whole.sources.map(({ seed }) => seed),
    [1, 2],
  )
  assert.deepEqual(whole.warnings, ['machine 1: odd'])
  assert.deepEqual(gateResultSchema.parse(JSON.parse(JSON.stringify(whole))), whole)
})

test('it is as bad as its worst shard, and failed where one is missing', () => {
  const exitOf = (...codes: number[]) =>
    merged(...codes.map((exitCode, i) => gateOf(i, `${i + 1}/${codes.length}`, { exitCode })))
      .exitCode
  assert.equal(exitOf(0, 0), 0)
  assert.equal(exitOf(0, 4), 4)
  assert.equal(exitOf(4, 1), 1)
  assert.equal(exitOf(1, 3, 4), 3)
  const incomplete = merged(gateOf(1, '1/3'), gateOf(3, '3/3'))
  assert.equal(incomplete.exitCode, 1)
  assert.deepEqual(incomplete.warnings, ['unfinished: shard 2/3 is missing'])
})

test('what two machines gated keeps a row of each, and they may disagree', () => {
  const whole = merged(
    gateOf(1, null, { comparisons: [rowOf('large'), rowOf('small')] }),
    gateOf(2, null, { comparisons: [rowOf('large', 'red'), rowOf('small')] }),
  )
  assert.deepEqual(
    whole.comparisons.map(({ id, label, source }) => [id, label, source]),
    [
      ['ibd (large), direct: cpu, machine 1', 'large', 0],
      ['ibd (small), direct: cpu, machine 1', 'small', 0],
      ['ibd (large), direct: cpu, machine 2', 'large', 1],
      ['ibd (small), direct: cpu, machine 2', 'small', 1],
    ],
  )
  assert.deepEqual(whole.warnings, [
    'machines disagree: ibd (large), direct: cpu is green on machine 1, red on machine 2',
  ])
})

test('the same violation of a counter is one; without counters there are none', () => {
  const whole = merged(
    gateOf(1, null, { counters }),
    gateOf(2, null, { counters }),
    gateOf(3, null),
  )
  assert.deepEqual(whole.counters, counters)
  assert.equal(merged(gateOf(1, null), gateOf(2, null)).counters, null)
})

test('uncommitted changes are said, since they may not be the same', () => {
  const head = { ...gateOf(1, null).head, dirty: true }
  assert.deepEqual(merged(gateOf(1, '1/2', { head }), gateOf(2, '2/2', { head })).warnings, [
    'head had uncommitted changes, which may not have been the same on all machines',
  ])
  assert.deepEqual(merged(gateOf(1, '1/1', { head })).warnings, [])
})

test('what does not belong together is refused in one line', () => {
  const one = gateOf(1, null)
  const refused = (message: RegExp, ...gates: GateResult[]) =>
    assert.throws(() => merged(...gates), { name: 'RecordError', message })
  refused(/^the same twice: a\.json and b\.json; /, one, structuredClone(one))
  const base = { ...one.base, gitSha: 'cccc' }
  refused(/^a\.json .* against base aaaa, b\.json .* cccc: /, one, gateOf(2, null, { base }))
  const head = { ...one.head, dirty: true }
  refused(/for head bbbb, .* for head bbbb with changes: /, one, gateOf(2, null, { head }))
  const otherTool = gateOf(2, null, { tool: { ...one.tool, gitSha: 'dddd' } })
  refused(/^a\.json was made by sockbench 0123456789abcdef, b\.json .* dddd: /, one, otherTool)
  const given = (rounds: number) => ({
    configuration: { file: null, values: { rounds: { value: rounds, source: 'flag' as const } } },
  })
  const [eight, nine] = [gateOf(1, '1/2', given(8)), gateOf(2, '2/2', given(9))]
  refused(/^a\.json and b\.json are of different plans, they differ in rounds: /, eight, nine)
  refused(/^b\.json is merged already: /, gateOf(3, null), merged(one, gateOf(2, null)))
})
