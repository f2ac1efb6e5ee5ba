import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CalibrationStore } from './calibration/calibration-store.ts'
import { Sockbench } from './fixtures/sockbench.ts'
import { demandMeasuringLock } from './measuring-lock.ts'
import { loadRecord, saveRecord } from './record-store.ts'
import {
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from './report/fixtures/synthetic-record.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-calibrate-'))
after(() => {
  Sockbench.killAll()
  rmSync(directory, { recursive: true })
})

const machine = { cpuModel: 'Example CPU', cpus: [0, 1], memoryBytes: 8e9, kernel: '6.1.0' }
const settings = {
  backend: 'direct',
  seed: 3,
  sliceBlocks: 8,
  aa: { rounds: 6, slices: 40 },
  experiment: { rounds: 8, slices: 110 },
}
const nothing = ['--aa-runs', '0', '--experiments', '0', '--controls', '0']

function calibrate(out: string, ...args: string[]) {
  // Where it locks the machine: other tests may measure at the same time, and do no harm to these.
  return Sockbench.start(['calibrate', '--out', out, ...args], { TMPDIR: directory }).ended
}

/** One that was begun, and measured nothing, on a machine that does not exist. */
function begun(name: string): string {
  const out = join(directory, name)
  new CalibrationStore(out).begin(settings, machine)
  return out
}

async function refused(expected: number, message: RegExp, out: string, ...args: string[]) {
  const { code, stdout, stderr } = await calibrate(out, ...args)
  assert.deepEqual([code, stdout], [expected, ''], stderr)
  assert.match(stderr, message)
  assert.match(stderr, /^sockbench: [^\n]+\n$/)
}

test('a report of nothing says where it looked', async () => {
  const out = join(directory, 'nowhere')
  await refused(1, /nowhere\/calibration\.json: ENOENT.*--out/, out, '--report')
  assert.equal(existsSync(out), false)
})

test('a calibration goes on with its own settings, on its own machine', async () => {
  const out = join(directory, 'settings')
  const first = await calibrate(out, ...nothing, '--seed', '5')
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, /No A\/A run yet\./)
  assert.equal((await calibrate(out, ...nothing)).code, 0)
  await refused(2, /with other settings \(aa was /, out, ...nothing, '--aa-rounds', '7')
  await refused(2, /with other settings \(seed was 5/, out, ...nothing, '--seed', '6')
  await refused(2, /on another machine/, begun('elsewhere'), ...nothing)
})

test('a file that is damaged is named, with what to do', async () => {
  const out = begun('damaged')
  const path = join(out, 'aa-001.json')
  writeFileSync(path, '{"index": 1')
  await refused(1, /damaged\/aa-001\.json is not whole JSON: remove it/, out, '--report')
})

test('while somebody else measures, nothing is begun', async () => {
  const release = demandMeasuringLock('sockbench gate', join(directory, 'sockbench-measuring.lock'))
  const out = join(directory, 'busy')
  await refused(1, /^sockbench: .sockbench gate. \(pid \d+\) .*wait until/, out, ...nothing)
  release()
  assert.equal(existsSync(out), false)
})

test('a long run is checked, kept, and in every report from then on', async () => {
  const out = begun('it takes long')
  const stored = (rounds: number) =>
    saveRecord(
      join(directory, String(rounds)),
      syntheticRecord(measuredLarge(syntheticRounds(rounds, {}))),
    )
  await refused(2, /no A\/A run of 32 rounds/, out, '--report', '--long-aa', stored(31))
  assert.equal(existsSync(join(out, 'long-aa.json.gz')), false)
  const given = await calibrate(out, '--report', '--long-aa', stored(32))
  assert.equal(given.code, 0, given.stderr)
  assert.match(given.stdout, /one run of 32 rounds .* a half-width of ± \d/)
  assert.match(
    given.stdout,
    /`sockbench calibrate --aa-runs 0 .* --seed 3 --out '.*it takes long'`/,
  )
  const md = join(directory, 'report.md')
  const repeated = await calibrate(out, '--report', '--md', md)
  assert.deepEqual([repeated.stdout, readFileSync(md, 'utf8')], [given.stdout, given.stdout])
  writeFileSync(join(out, 'long-aa.json.gz'), Buffer.from([0x1f, 0x8b, 8]))
  await refused(1, /long-aa\.json\.gz is not whole gzip/, out, '--report')
})

test('a round of the controls is measured and kept, and its records say which was off', async () => {
  const out = join(directory, 'measured')
  const tiny = ['--experiment-slices', '2', '--slice-blocks', '1']
  const only = ['--aa-runs', '0', '--experiments', '0', '--controls', '1', '--no-confirmation']
  const { code, stdout, stderr } = await calibrate(out, ...tiny, ...only, '--quiet')
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /\n\| not interleaved \| 1 \| – \| – \| /)
  assert.match(stdout, /--controls 1 --no-confirmation --seed \d+ --experiment-slices 2 /)
  assert.deepEqual(readdirSync(out).sort(), ['calibration.json', 'controls-001.json', 'records'])
  const interleaved = (condition: string) => {
    const file = join(out, 'records', `controls-001-${condition}.json.gz`)
    return loadRecord(file).configuration.controls
  }
  assert.deepEqual(interleaved('not-interleaved'), { interleaved: false })
  assert.deepEqual(interleaved('everything-on'), { interleaved: true })
  const json = await calibrate(out, '--report', '--json')
  const { controls, discarded } = JSON.parse(json.stdout) as Record<string, unknown>
  assert.ok(Array.isArray(controls) && controls.length === 6)
  assert.equal(discarded, 0)
})
