import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { monotonicNs } from './monotonic-clock.ts'

const clock = new URL('./monotonic-clock.js', import.meta.url).href
const printIt = `import(${JSON.stringify(clock)}).then(m => console.log(m.monotonicNs()))`
const postIt = `import(${JSON.stringify(clock)}).then(m =>
  require('node:worker_threads').parentPort.postMessage(m.monotonicNs()))`

test('a moment is the one of CLOCK_MONOTONIC, in whole nanoseconds', () => {
  const before = process.hrtime.bigint()
  const moment = monotonicNs()
  const after = process.hrtime.bigint()
  assert.ok(Number.isSafeInteger(moment))
  assert.ok(before <= BigInt(moment) && BigInt(moment) <= after)
})

test('a moment of another process lies between two of this one', () => {
  const before = monotonicNs()
  const theirs = Number(execFileSync(process.execPath, ['-e', printIt], { timeout: 30_000 }))
  const after = monotonicNs()
  assert.ok(before < theirs && theirs < after, `${before} < ${theirs} < ${after}`)
})

test('a moment of another thread lies between two of this one', async () => {
  const before = monotonicNs()
  const worker = new Worker(postIt, { eval: true })
  const theirs = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject)
  })
  const after = monotonicNs()
  await worker.terminate()
  assert.ok(before < theirs && theirs < after, `${before} < ${theirs} < ${after}`)
})
