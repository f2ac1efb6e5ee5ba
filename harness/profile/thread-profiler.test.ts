import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { parseCpuProfile, sampledIn } from './cpu-profile.ts'
import { SourceNames } from './source-names.ts'
import { ThreadProfiler } from './thread-profiler.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-profiler-'))
const stop = new SharedArrayBuffer(4)
let worker: Worker
before(async () => {
  worker = new Worker(new URL('./fixtures/busy-worker.js', import.meta.url), {
    workerData: stop,
    name: 'b-busy',
  })
  await new Promise(resolve => worker.once('online', resolve))
})
after(async () => {
  const cell = new Int32Array(stop)
  Atomics.store(cell, 0, 1)
  Atomics.notify(cell, 0)
  await new Promise(resolve => worker.once('exit', resolve))
  rmSync(directory, { recursive: true })
})

test('a thread that never looks at its messages is profiled from outside, with names of TypeScript', async () => {
  const profiler = new ThreadProfiler()
  await profiler.start(500)
  await sleep(300)
  const files = await profiler.stop(directory)
  assert.deepEqual(files, [{ thread: 'b-busy', path: join(directory, 'b-busy.cpuprofile') }])
  const profile = parseCpuProfile(readFileSync(files[0].path, 'utf8'))
  const { stacks } = sampledIn(profile, [{ fromUs: 0, toUs: Number.MAX_VALUE }])
  const names = new SourceNames()
  const frames = stacks.flatMap(stack => names.framesOf(stack.frames))
  const method = frames.find(({ name }) => name === 'Arithmetic.addUp') ?? assert.fail()
  const source = readFileSync(
    new URL('../../../harness/profile/fixtures/busy-worker.ts', import.meta.url),
    'utf8',
  )
  const place = 1 + source.split('\n').findIndex(text => text.includes('addUp(): void'))
  assert.deepEqual([method.file, method.line], ['harness/profile/fixtures/busy-worker.ts', place])
})

test('a profile can be taken again of the same thread', async () => {
  const profiler = new ThreadProfiler()
  await profiler.start(1000)
  const [{ thread }] = await profiler.stop(directory)
  assert.equal(thread, 'b-busy')
})
