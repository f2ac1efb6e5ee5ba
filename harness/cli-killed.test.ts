import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import {
  killAtRandomMoments,
  removeKilledRuns,
  runOf,
  storeWithOldRecord,
  workloadsOfRuns,
} from './fixtures/killed-runs.ts'
import { Sockbench } from './fixtures/sockbench.ts'
import { untilGone } from './fixtures/until-gone.ts'

after(removeKilledRuns)

test('SIGKILL at random moments: every record is whole, the old one as it was, and nobody is left', () =>
  killAtRandomMoments(4))

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
