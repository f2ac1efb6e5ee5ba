import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measured } from '../analysis/analyse.ts'
import { reanalysed } from '../reanalysis.ts'
import { type RevisionSource, recordSchema, type SockbenchRecord } from '../record.ts'
import {
  killedProcess,
  measuredLarge,
  measuredLatency,
  syntheticRecord,
  syntheticRounds,
} from '../report/fixtures/synthetic-record.ts'
import { terminalReport } from '../report/terminal.ts'
import { mergeRecords } from './merge-records.ts'

const large = measuredLarge(syntheticRounds(8, { 'virtual-sockman': 1.02 }))
const small: Measured = {
  ...large,
  parameters: { profile: 'small', peers: 1 },
  label: 'small, 1 peer',
  unit: 'message',
}

/** A record of its own seed, shard and machine. */
function record(seed: number, shard: string | null, ...measured: Measured[]): SockbenchRecord {
  const made = syntheticRecord(...measured)
  const command = `sockbench run --seed ${seed}`
  const environment = { ...made.environment, cpuModel: `CPU of ${seed}` }
  const measurements = measured.map(({ label }) => ({ label }))
  const configuration = { ...made.configuration, shard, measurements }
  return { ...made, seed, command, environment, configuration }
}

const merged = (...records: SockbenchRecord[]) =>
  mergeRecords(records.map((one, i) => ({ path: `${'abc'[i]}.json`, content: one })))

const refusal = (...records: SockbenchRecord[]) => {
  try {
    merged(...records)
  } catch (error) {
    assert.ok(error instanceof Error && error.name === 'RecordError')
    assert.ok(!error.message.includes('\n'))
    return error.message
  }
  return assert.fail('these were merged')
}

test('shards: results of all, in the order of the shards, each with its machine', () => {
  const [first, second] = [record(1, '1/2', large), record(2, '2/2', small)]
  const whole = merged(second, first)
  assert.deepEqual(
    whole.scenarios.map(({ label, source }) => [label, source]),
    [
      ['large, 1 peer', 0],
      ['small, 1 peer', 1],
    ],
  )
  assert.deepEqual(
    whole.merged.map(({ seed, command, environment }) => [seed, command, environment.cpuModel]),
    [
      [1, 'sockbench run --seed 1', 'CPU of 1'],
      [2, 'sockbench run --seed 2', 'CPU of 2'],
    ],
  )
  assert.equal(whole.seed, 1)
  assert.deepEqual(whole.configuration.measurements, [
    { label: 'large, 1 peer' },
    { label: 'small, 1 peer' },
  ])
  assert.equal(whole.configuration.shard, null)
  assert.deepEqual(whole.warnings, [...first.warnings, ...second.warnings])
})

test('a merged record keeps the schema, and is concluded anew to the same', () => {
  const whole = merged(record(1, null, large, small), record(2, null, large))
  assert.deepEqual(recordSchema.parse(JSON.parse(JSON.stringify(whole))), whole)
  assert.deepEqual(reanalysed(whole), whole)
})

test('what two machines measured stays apart, and every line about it names the machine', () => {
  const killed = { ...large, caveats: ['odd'], processes: [...large.processes] }
  killed.processes.push(killedProcess(8, 'virtual-sockman', 'B'))
  const whole = merged(record(1, null, large, small), record(2, null, killed))
  const labels = whole.scenarios.map(({ label }) => label)
  assert.deepEqual(labels, [
    'large, 1 peer, machine 1',
    'small, 1 peer',
    'large, 1 peer, machine 2',
  ])
  assert.deepEqual(
    whole.scenarios.map(({ processes }) => processes.length),
    [large.processes.length, small.processes.length, killed.processes.length],
  )
  assert.deepEqual(
    whole.failures.map(({ label }) => label),
    ['large, 1 peer, machine 2'],
  )
  assert.ok(whole.warnings.includes('ibd (large, 1 peer, machine 2), odd'))
  assert.match(whole.warnings[0], /^machines: ibd \(large, 1 peer\) ran on machine 1 and machine 2/)
})

test('the same label with other parameters is another workload', () => {
  const other = { ...large, parameters: { profile: 'large', peers: 2 } }
  const labels = merged(record(1, null, large), record(2, null, other)).scenarios.map(s => s.label)
  assert.deepEqual(labels, ['large, 1 peer', 'large, 1 peer'])
})

test('machines that look alike and measured the same are said to', () => {
  const [one, other] = [record(1, null, large), record(2, null, large)]
  const saysAlike = (environment: SockbenchRecord['environment'], ...measured: Measured[]) => {
    const second = { ...record(2, null, ...measured), environment }
    return merged(one, second).warnings.some(line => line.includes('have the same fingerprint'))
  }
  assert.ok(saysAlike({ ...one.environment, loadAfter: 9, socketBufferBytes: [1] }, large))
  assert.ok(!saysAlike(other.environment, large))
  assert.ok(!saysAlike(one.environment, small))
})

test('a warning about the machine says which one', () => {
  const second = { ...record(2, null, small), warnings: ['net.core.rmem_max is 1'] }
  const { warnings } = merged(record(1, null, large), second)
  assert.deepEqual(warnings, ['machine 2: net.core.rmem_max is 1'])
})

test('uncommitted changes are said, since they may not be the same', () => {
  const dirty = record(2, null, small)
  dirty.tool.dirty = true
  const { warnings } = merged(record(1, null, large), dirty)
  assert.deepEqual(warnings, [
    'machine 2: its sockbench had uncommitted changes, which others may not have had',
  ])
})

test('missing shards are named; a shard with nothing to do is none of them', () => {
  assert.deepEqual(merged(record(2, '2/4', large), record(4, '4/4')).warnings, [
    'unfinished: shards 1/4, 3/4 are missing',
  ])
  assert.deepEqual(merged(record(1, '1/2', large), record(2, '2/2')).warnings, [])
  assert.deepEqual(merged(record(1, '1/1')).scenarios, [])
})

test('dispatch is of the first machine, and predicts for its workloads alone', () => {
  const cost = {
    connections: 1,
    pollNs: 100,
    eventNs: 1000,
    sendNs: 1000,
    pollBytes: 0,
    eventBytes: 0,
    sendBytes: 0,
    lookupsPerPoll: 0,
    lookupsPerEvent: 0,
    lookupsPerSend: 0,
    collectionsPerIteration: 0,
  }
  const dispatched = (backend: string) => ({
    round: 0,
    backend,
    consumers: 'one' as const,
    outcome: { state: 'completed' as const, costs: [cost] },
  })
  const processes = [dispatched('direct'), dispatched('virtual-sockman')]
  const withDispatch = (one: SockbenchRecord): SockbenchRecord => ({
    ...one,
    dispatch: { processes, estimates: [], predictions: [] },
  })
  const counted = { ...large, processes: syntheticRounds(2, { 'virtual-sockman': 1 }) }
  const predictedFor = (one: SockbenchRecord) => one.dispatch?.predictions.map(p => p.label)

  const whole = merged(record(1, null, small), withDispatch(record(2, null, counted)))
  assert.equal(whole.seed, 2)
  assert.deepEqual(predictedFor(whole), ['large, 1 peer'])
  assert.deepEqual(predictedFor(reanalysed(whole)), ['large, 1 peer'])

  const both = merged(
    withDispatch(record(1, null, large)),
    withDispatch(record(2, null, small)),
  ).warnings
  assert.deepEqual(both, ['machine 2: dispatch is left out, as machine 1 has it; see that record'])
})

test('what does not belong together is refused in one line that names both', () => {
  const one = record(1, null, large)
  const other = record(2, null, small)
  const otherTool = { ...other, tool: { ...other.tool, gitSha: 'fedcba98' } }
  assert.match(refusal(one, otherTool), /^a\.json .* 0123456789abcdef, b\.json .* fedcba98: merge/)
  const otherMargin = { ...other, configuration: { ...other.configuration, marginPercent: 2 } }
  assert.match(refusal(one, otherMargin), /^a\.json .* margin of 1 %, b\.json .* margin of 2 %: /)
  assert.match(
    refusal(one, other, structuredClone(one)),
    /the same twice: a\.json and c\.json; name it once/,
  )
  const whole = merged(one, other)
  assert.match(refusal(record(3, null), whole), /^b\.json is merged already: name the records/)
})

test('shards are of one plan; what else is merged may be of several', () => {
  const given = (one: SockbenchRecord, rounds: number): SockbenchRecord => {
    const values = { rounds: { value: rounds, source: 'flag' } }
    return { ...one, configuration: { ...one.configuration, options: { file: null, values } } }
  }
  const [first, second] = [given(record(1, '1/2', large), 8), record(2, '2/2', small)]
  assert.match(
    refusal(first, given(second, 9)),
    /^a\.json and b\.json are of different plans, they differ in rounds: /,
  )
  assert.match(refusal(first, second), /differ in rounds/)
  assert.equal(merged(first, given(second, 8)).scenarios.length, 2)
  assert.equal(merged(first, given(record(3, null, small), 9)).scenarios.length, 2)
})

test('a revision has one meaning, or nothing is merged', () => {
  const source = { ref: null, dirty: false, directory: null, command: null }
  const base: RevisionSource = { name: 'base', gitSha: 'aaaa', ...source }
  const head: RevisionSource = { name: 'head', gitSha: 'bbbb', ...source }
  const comparing = (seed: number, ...revisions: RevisionSource[]) => ({
    ...record(seed, null, seed === 1 ? large : small),
    revisions,
  })
  assert.deepEqual(merged(comparing(1, base, head), comparing(2, base, head)).revisions, [
    base,
    head,
  ])
  const moved = { ...base, gitSha: 'cccc' }
  assert.match(
    refusal(comparing(1, base, head), comparing(2, moved, head)),
    /^base is aaaa in a\.json, and cccc in b\.json: /,
  )
  const changed = { ...head, dirty: true }
  assert.match(refusal(comparing(1, base, head), comparing(2, base, changed)), /with changes/)
})

test('the report lists the machines, what each measured, and how to do it again', () => {
  const second = record(2, '2/2', small)
  second.environment.socketBufferBytes = [65_536]
  const whole = merged(record(1, '1/2', large), second)
  const report = terminalReport(whole, 'x/record.json', { colour: false, columns: null })
  assert.match(report, /^machine 1: +CPU of 1, 2 CPUs, .*; measured ibd \(large, 1 peer\)$/m)
  assert.match(report, /^again 2: +sockbench run --seed 2$/m)
  assert.match(report, /^machine 2: +CPU of 2, .*; measured ibd \(small, 1 peer\)$/m)
  assert.match(report, /socket buffers fixed at 64, 256 KiB; driver on CPU 0, subjects on CPU 1$/m)
  const empty = terminalReport(merged(record(1, '1/1')), 'x', { colour: false, columns: null })
  assert.match(empty, /^machine 1: .*; measured nothing$/m)
})

test('pushes of two machines share no table', () => {
  const probe = measuredLatency(large.processes)
  const whole = merged(record(1, null, probe), record(2, null, probe))
  const report = terminalReport(whole, 'x', { colour: false, columns: null })
  const titles = report.split('\n').filter(line => line.startsWith('push: '))
  assert.deepEqual(titles, [
    'push: probe, 1 subscriber, optimistic, machine 1',
    'push: probe, 1 subscriber, optimistic, machine 2',
  ])
})
