import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { test } from 'node:test'
import type { DriverAnswer, DriverRequest } from '../driver-protocol.ts'
import { FakeWallet } from './fixtures/fake-wallet.ts'
import type { PayeePreparation } from './payee.ts'

const preparation: PayeePreparation = {
  requestBytes: 100,
  replyBytes: 100,
  keepAlive: true,
  socketBufferBytes: 1 << 16,
}

test('the driver process listens, serves slices, and leaves', { timeout: 30_000 }, async t => {
  const driver = new TestDriver()
  t.after(() => driver.process.kill())
  const subject = 'direct A #0'
  driver.send({ kind: 'prepare', preparation })
  assert.deepEqual(await driver.next(), { kind: 'prepared', chainFile: null })
  driver.send({ kind: 'slice', subject, work: 5 })
  assert.deepEqual(await driver.next(), { kind: 'failed', subject, reason: 'is not listened for' })
  driver.send({ kind: 'listen', subject, protocol: 'outbound-http', connections: 1 })
  const listening = await driver.next()
  assert.ok(listening.kind === 'listening')
  const wallet = new FakeWallet(listening.address, 100, true)
  t.after(() => wallet.socket?.destroy())
  driver.send({ kind: 'await-ready', subject, listening: [] })
  void wallet.requests(6).catch(() => {})
  assert.deepEqual(await driver.next(), { kind: 'ready', subject })
  driver.send({ kind: 'slice', subject, work: 5 })
  const done = await driver.next()
  assert.ok(done.kind === 'slice-done')
  assert.deepEqual([done.subject, done.messages], [subject, 5])
  const { socket } = wallet
  assert.ok(socket)
  driver.send({ kind: 'release', subject })
  await once(socket, 'close')
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
