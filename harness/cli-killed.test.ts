import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { mulberry32 } from '../scenarios/random.ts'
import { Sockbench } from './fixtures/sockbench.ts'
import { isAlive, untilGone } from './fixtures/until-gone.ts'
import { loadRecord, saveRecord } from './record-store.ts'
import { syntheticRecord } from './report/fixtures/synthetic-record.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-killed-'))
process.env.SOCKBENCH_CACHE = join(directory, 'cache')
after(() => {
  Sockbench.killAll()
  rmSync(directory, { recursive: true })
})

/** One workload for each of the modes, and a record after each of them. */
function runOf(modes: string, out: string): string[] {
  const settings = [`mode=${modes}`, 'keep-alive=yes', 'slices=1', 'slice-requests=20']
  const plan = ['--scenario', 'outbound-http', '--backend', 'direct', '--rounds', '1', '--quiet']
  return ['run', ...plan, ...settings.flatMap(one => ['--set', one]), '--out', out]
}

/** Where an old record lies. */
function storeWithOldRecord(name: string) {
  const out = join(directory, name)
  const old = saveRecord(join(out, 'runs', 'old'), syntheticRecord())
  return { out, old, before: readFileSync(old) }
}

/** @returns of each run beside the old one how many workloads its record has; 0 without a record */
function workloadsOfRuns(out: string): number[] {
  const runs = readdirSync(join(out, 'runs')).filter(name => name !== 'old')
  return runs.sort().map(name => {
    const path = join(out, 'runs', name, 'record.json')
    return existsSync(path) ? loadRecord(path).scenarios.length : 0
  })
}

const MOMENTS = 12

test('SIGKILL at random moments: every record is whole, the old one as it was, and nobody is left', async () => {
  const { out, old, before } = storeWithOldRecord('random')
  const run = () => Sockbench.start(runOf('optimistic', out))
  const startMs = performance.now()
  assert.equal((await run().ended).code, 0)
  const wholeMs = performance.now() - startMs
  const random = mulberry32(0x51_6b_11)
  for (let moment = 0; moment < MOMENTS; moment++) {
    const sockbench = run()
    await sleep(((moment + random()) / MOMENTS) * wholeMs)
    const running = sockbench.processes()
    // A later run may take less time than the first.
    if (isAlive(sockbench.pid)) process.kill(sockbench.pid, 'SIGKILL')
    await sockbench.ended
    assert.ok(await untilGone([...running, ...sockbench.processes()]))
    assert.deepEqual(readFileSync(old), before)
    workloadsOfRuns(out)
  }
  const { code, stderr } = await run().ended
  assert.deepEqual([code, stderr], [0, ''])
  assert.equal(workloadsOfRuns(out).at(-1), 1)
})

/** Of saving a record, and what is then found: nothing, or how many workloads. */
const moments: [dies: string, call: string, saving: number, found: number][] = [
  ['with half of the first record written', 'writeSync', 1, 0],
  ['before the first record has its name', 'renameSync', 1, 0],
  ['with half of the second record written', 'writeSync', 2, 1],
  ['before the second record has its name', 'renameSync', 2, 1],
]

for (const [dies, call, saving, found] of moments) {
  test(`a harness that dies ${dies} leaves what was there before`, async () => {
    const { out, old, before } = storeWithOldRecord(dies.replaceAll(' ', '-'))
    const sockbench = Sockbench.start(runOf('optimistic,wakeup', out), {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(dying(call, saving))}`,
    })
    const { signal } = await sockbench.ended
    assert.equal(signal, 'SIGKILL')
    assert.ok(await untilGone(sockbench.processes()))
    assert.deepEqual(readFileSync(old), before)
    assert.deepEqual(workloadsOfRuns(out), [found])
  })
}

/** Counts the temporary files of records, and dies in a call for one of them. */
function dying(call: string, saving: number): string {
  return `import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    const { openSync, writeSync, renameSync } = fs
    let savings = 0
    let temporary
    const die = () => process.kill(process.pid, 'SIGKILL')
    fs.openSync = (path, ...rest) => {
      const fd = openSync(path, ...rest)
      if (/record\\.json\\..*tmp$/.test(path)) temporary = ++savings === ${saving} ? fd : undefined
      return fd
    }
    fs.writeSync = (fd, bytes, ...rest) => {
      if ('${call}' !== 'writeSync' || fd !== temporary) return writeSync(fd, bytes, ...rest)
      writeSync(fd, bytes.subarray(0, bytes.length >> 1))
      die()
    }
    fs.renameSync = (...paths) => {
      if ('${call}' === 'renameSync' && temporary !== undefined) die()
      return renameSync(...paths)
    }
    syncBuiltinESMExports()`
}
