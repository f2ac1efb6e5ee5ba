import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ibd } from '../../../scenarios/ibd/index.ts'
import { untilGone } from '../../fixtures/until-gone.ts'
import { type Clinic, findClinic, installClinic } from './find-clinic.ts'
import { type ClinicProfile, profileWithClinic } from './session.ts'
import { type ClinicToolName, clinicTools } from './tools.ts'

const fake: Clinic = {
  path: fileURLToPath(new URL('./fixtures/fake-clinic.js', import.meta.url)),
  version: null,
}
const [workload] = ibd.workloads(
  new Map([
    ['slices', '2'],
    ['profile', 'small'],
    ['peers', '1'],
  ]),
)
const quiet = { preparing: () => {}, warning: () => {} }

const places: string[] = []
after(() => {
  for (const place of places) rmSync(place, { recursive: true })
})

function place(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sockbench-clinic-test-'))
  places.push(directory)
  return directory
}

function profile(
  directory: string,
  tool: ClinicToolName,
  { clinic = fake, patienceMs = 30_000, signal = new AbortController().signal } = {},
) {
  const session = {
    clinic,
    tool: clinicTools[tool],
    thread: 'socket',
    backend: 'direct',
    workload,
    windowMs: 100,
    patienceMs,
  } as const
  return profileWithClinic(session, directory, signal, quiet)
}

async function profileOn(day: string, tool: ClinicToolName = 'clinic-flame', patienceMs = 30_000) {
  process.env.FAKE_CLINIC = day
  const directory = place()
  const result = await profile(directory, tool, { patienceMs })
  return { directory, result }
}

/** Both that are in the file `pids`: clinic, and its subject. */
async function gone(directory: string): Promise<void> {
  const pids = readFileSync(join(directory, 'pids'), 'utf8').trim().split('\n').map(Number)
  assert.equal(pids.length, 2)
  assert.ok(await untilGone(pids))
}

test('a profile is what clinic wrote of a subject that worked, whose threads loaded no recorder', async () => {
  const { directory, result } = await profileOn('good')
  assert.equal(result.state, 'written')
  const { page, data, worked, seen } = result as ClinicProfile
  assert.equal(readFileSync(page, 'utf8'), '<html></html>')
  assert.ok(existsSync(data))
  assert.ok(worked.slices >= 1)
  assert.equal(seen, '4 samples of the socket thread, 50.0 % of them in the subject’s own code')
  assert.equal(readFileSync(join(directory, 'threads'), 'utf8'), '0\n', 'the main thread alone')
  await gone(directory)
})

for (const [day, reason] of [
  ['no-data', 'clinic-flame ended as if all were well, and wrote no data directory'],
  ['empty-data', /wrote no data: \d+\.clinic-flame-samples is missing or empty$/],
  ['no-page', 'clinic-flame ended as if all were well, and wrote no page'],
  ['half-page', /wrote no whole page: its end is missing$/],
  ['fails', 'exit code 3: Error: this Node is too new'],
  ['fails-to-draw', 'clinic-flame (page): exit code 3: Error: Decoded message is not valid'],
] as const) {
  test(`a clinic on a bad day (${day}) is a failure that says what is missing`, async () => {
    const { result } = await profileOn(day)
    assert.equal(result.state, 'failed')
    const said = 'reason' in result ? result.reason : ''
    if (typeof reason === 'string') assert.equal(said, reason)
    else assert.match(said, reason)
  })
}

test('a clinic that hangs and ignores signals is killed, and its subject is gone', async () => {
  const { directory, result } = await profileOn('hangs', 'clinic-doctor', 1_000)
  assert.deepEqual(result, { state: 'failed', reason: 'clinic-doctor wrote no data within 1 s' })
  await gone(directory)
})

test('an interruption ends clinic and its subject, whatever they are doing', async () => {
  for (const [day, moment] of [
    ['good', 'pids'],
    ['hangs', 'hanging'],
  ] as const) {
    process.env.FAKE_CLINIC = day
    const directory = place()
    const interruption = new AbortController()
    const profiling = profile(directory, 'clinic-flame', { signal: interruption.signal })
    while (!existsSync(join(directory, moment))) await new Promise(setImmediate)
    interruption.abort()
    const result = await profiling
    assert.ok('reason' in result && !result.reason.includes('within'), JSON.stringify(result))
    await gone(directory)
  }
})

const installed = findClinic()
const skip = installed === undefined && installClinic

test('clinic itself shows the loop of the socket thread', { skip, timeout: 60_000 }, async () => {
  assert.ok(installed !== undefined)
  const result = await profile(place(), 'clinic-flame', { clinic: installed })
  assert.equal(result.state, 'written', JSON.stringify(result))
  const { seen } = result as ClinicProfile
  assert.match(seen, /^\d+ samples of the socket thread, \d/)
})

for (const tool of ['clinic-doctor', 'clinic-bubbleprof'] as const) {
  test(`${tool} itself ends, with a page`, { skip, timeout: 60_000 }, async () => {
    assert.ok(installed !== undefined)
    const result = await profile(place(), tool, { clinic: installed })
    assert.equal(result.state, 'written', JSON.stringify(result))
  })
}
