import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { setThreadName } from './thread-name.ts'

test('a worker that names itself shows up in /proc, and the main thread keeps its name', async () => {
  const mainName = readFileSync(`/proc/self/task/${process.pid}/comm`, 'utf8')
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
    import(workerData).then(({ setThreadName }) => {
      setThreadName('b-fifteen-bytes')
      parentPort.once('message', () => {})
      parentPort.postMessage('named')
    })`,
    { eval: true, workerData: new URL('./thread-name.js', import.meta.url).href },
  )
  try {
    await new Promise((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    const names = readdirSync('/proc/self/task').map(task =>
      readFileSync(`/proc/self/task/${task}/comm`, 'utf8'),
    )
    assert.ok(names.includes('b-fifteen-bytes\n'), names.join())
    assert.equal(readFileSync(`/proc/self/task/${process.pid}/comm`, 'utf8'), mainName)
  } finally {
    await worker.terminate()
  }
})

test('a name the kernel would cut short is refused', () => {
  assert.throws(() => setThreadName('b-sixteen-bytes!'), RangeError)
  assert.throws(() => setThreadName('éééééééé'), RangeError)
  assert.throws(() => setThreadName('b\0net'), RangeError)
})
