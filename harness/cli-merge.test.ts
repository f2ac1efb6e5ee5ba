import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Ended, Sockbench } from './fixtures/sockbench.ts'
import { gateResultSchema } from './gate/gate-result.ts'
import { gateOf, rowOf } from './merge/fixtures/synthetic-gate.ts'
import { recordSchema, type SockbenchRecord } from './record.ts'
import { loadRecord, saveRecord } from './record-store.ts'
import {
  killedProcess,
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from './report/fixtures/synthetic-record.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-merge-'))
after(() => {
  Sockbench.killAll()
  rmSync(directory, { recursive: true })
})

const out = (name: string) => join(directory, name)
const processes = syntheticRounds(6, { 'virtual-sockman': 1.02 })
const base = syntheticRecord(measuredLarge(processes))
const [one, other] = [1, 2].map(seed => saveRecord(out(`seed-${seed}`), { ...base, seed }))

const [passed, regressed] = [gateOf(1, '1/2', { comparisons: [rowOf('large')] }), gateOf(2, '2/2')]
regressed.comparisons = [{ ...rowOf('small', 'red'), state: 'regressed', reason: 'a < b' }]
regressed.exitCode = 3
const [green, red] = [passed, regressed].map((gate, i) => {
  const path = out(`gate-${i}.json`)
  writeFileSync(path, JSON.stringify(gate))
  return path
})

function merge(...args: string[]): Promise<Ended> {
  const quiet = { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' }
  return Sockbench.start(['merge', ...args], quiet).ended
}

test('records become one, which is kept in a place of its own and can be reported', async () => {
  const kept = out('records')
  const { code, stdout, stderr } = await merge(one, out('seed-2'), '--out', kept, '--json')
  assert.deepEqual([code, stderr], [0, ''])
  const merged = recordSchema.parse(JSON.parse(stdout))
  const runs = readdirSync(join(kept, 'runs'))
  assert.equal(runs.length, 1)
  assert.deepEqual(loadRecord(join(kept, 'runs', runs[0])), merged)
  const report = await Sockbench.start(['report', join(kept, 'runs', runs[0])]).ended
  assert.match(report.stdout, /^ibd: large, 1 peer, machine 2$/m)
  assert.match(report.stdout, /^machine 2: .*; measured ibd \(large, 1 peer, machine 2\)$/m)
})

test('a subject that did not finish fails the merger, too', async () => {
  const died = [...processes, killedProcess(6, 'direct', 'A')]
  const record: SockbenchRecord = { ...syntheticRecord(measuredLarge(died)), seed: 3 }
  const path = saveRecord(out('died'), record)
  const { code, stderr } = await merge(one, path, '--out', out('died-too'))
  assert.equal(code, 1)
  assert.match(stderr, /^sockbench: 1 subject\(s\) did not finish; see above\n$/)
})

test('a shard that is missing fails the merger, after its report', async () => {
  const shard = { ...base, seed: 4, configuration: { ...base.configuration, shard: '1/2' } }
  const path = saveRecord(out('shard-1'), shard)
  const { code, stdout, stderr } = await merge(path, '--out', out('incomplete'))
  assert.equal(code, 1)
  assert.match(stdout, /^ {2}unfinished: shard 2\/2 is missing$/m)
  assert.equal(stderr, 'sockbench: unfinished: shard 2/2 is missing; see above\n')
})

test('results of gates become one, with the outputs of a gate and the worst exit code', async () => {
  const kept = out('gates')
  const files = ['--junit', out('gate.xml'), '--md', out('gate.md')]
  const { code, stdout, stderr } = await merge(red, green, '--out', kept, '--json', ...files)
  assert.deepEqual([code, stderr], [3, ''])
  const merged = gateResultSchema.parse(JSON.parse(stdout))
  assert.deepEqual(
    merged.comparisons.map(({ label, source }) => [label, source]),
    [
      ['large', 0],
      ['small', 1],
    ],
  )
  const [name] = readdirSync(join(kept, 'gates'))
  const stored = readFileSync(join(kept, 'gates', name, 'gate.json'), 'utf8')
  assert.deepEqual(JSON.parse(stored), merged)
  assert.match(readFileSync(out('gate.xml'), 'utf8'), /<failure .*a &lt; b/)
  assert.match(readFileSync(out('gate.md'), 'utf8'), /regression/)
})

test('in GitHub Actions it annotates, and adds to the step summary', async () => {
  const summary = out('summary.md')
  writeFileSync(summary, 'before\n')
  const environment = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary }
  const args = ['merge', green, red, '--out', out('annotated')]
  const { stdout, stderr } = await Sockbench.start(args, environment).ended
  assert.match(stdout, /gate failed: a regression/)
  assert.match(stderr, /^::error title=.*small.*::/m)
  assert.match(readFileSync(summary, 'utf8'), /^before\n.*regression/)
})

test('a verdict that cannot be kept is printed all the same', async () => {
  const file = out('file')
  writeFileSync(file, '')
  const failed = await merge(green, '--out', file)
  assert.equal(failed.code, 1)
  assert.match(failed.stdout, /not stored/)
  assert.match(failed.stderr, /^sockbench: cannot write .*: ENOTDIR; .*--out\n$/)
  const regression = await merge(red, '--out', file, '--junit', join(file, 'x.xml'))
  assert.equal(regression.code, 3)
  assert.match(regression.stderr, /^sockbench: cannot write .*x\.xml: /m)
})

test('what cannot be merged is refused in one line, before anything is written', async () => {
  const kept = out('refused')
  const damaged = out('damaged.json')
  writeFileSync(damaged, readFileSync(green, 'utf8').slice(0, -9))
  const odd = out('odd.json')
  writeFileSync(odd, readFileSync(green, 'utf8').replace('"strict":false', '"strict":0'))
  const refusals: [string[], number, RegExp][] = [
    [[one, one], 1, /the same twice: .*record\.json; name it once/],
    [[one, green], 2, /gate-0\.json is the result of a gate, .*record\.json is not: /],
    [[one, other, '--junit', out('no.xml')], 2, /--junit and --benchmark-json are for .* gates/],
    [[one, out('none')], 2, /there is nothing at .*none: name a record\.json or a gate\.json/],
    [[green, out('none')], 2, /there is nothing at .*none: /],
    [[one, directory], 1, /cannot read the record .*: ENOENT/],
    [[green, damaged], 1, /damaged\.json is not whole JSON/],
    [[green, odd], 1, /odd\.json does not match the schema of a gate's result at strict /],
    [[], 2, /missing required argument/],
  ]
  for (const [args, code, expected] of refusals) {
    const ended = await merge(...args, '--out', kept)
    assert.match(ended.stderr, /^sockbench: [^\n]+\n$/)
    assert.match(ended.stderr, expected)
    assert.deepEqual([ended.code, ended.stdout], [code, ''])
  }
  assert.ok(!readdirSync(directory).includes('refused'))
})
