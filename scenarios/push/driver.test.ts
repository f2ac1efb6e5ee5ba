import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { test } from 'node:test'
import type { DriverAnswer, DriverRequest } from '../driver-protocol.ts'
import { FakeSource } from './fixtures/fake-source.ts'
import type { PushPreparation } from './push-subjects.ts'

const preparation: PushPreparation = {
  message: 'probe',
  subscribers: 2,
  meanIntervalUs: 1_000,
  socketBufferBytes: 1 << 16,
}

test('the driver process connects, serves slices, and leaves', { timeout: 30_000 }, async t => {
  const source = await FakeSource.listening('probe')
  const driver = new TestDriver()
  t.after(() => {
    driver.process.kill()
    source.close()
  })
  const subject = 'direct A #0'
  driver.send({ kind: 'prepare', preparation })
  assert.deepEqual(await driver.next(), { kind: 'prepared', chainFile: null })
  driver.send({ kind: 'slice', subject, work: 5 })
  assert.deepEqual(await driver.next(), { kind: 'failed', subject, reason: 'is not connected to' })
  driver.send({ kind: 'await-ready', subject, listening: [source.address] })
  assert.deepEqual(await driver.next(), { kind: 'ready', subject })
  driver.send({ kind: 'slice', subject, work: 5 })
  const done = await driver.next()
  assert.ok(done.kind === 'slice-done')
  assert.deepEqual([done.subject, done.messages, done.bytes], [subject, 10, 320])
  driver.send({ kind: 'release', subject })
  await source.deserted()
  driver.send({ kind: 'stop' })
  assert.deepEqual(await once(driver.process, 'exit'), [0, null])
})

class TestDriver {
  readonly process: ChildProcess = fork(new URL('driver.js', import.meta.url))
  readonly #answers = on(this.process, 'message')

  send(request: DriverRequest): void {
    this.process.send(request)
  }

  async next(): Promise<DriverAnswer> {
    const { value } = await this.#answers.next()
    return value[0]
  }
}
