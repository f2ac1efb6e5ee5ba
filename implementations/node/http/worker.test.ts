import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpConnectionMemory } from '../../threads/http-connection-memory.ts'
import { FlowLab } from './fixtures/flow-lab.ts'
import { testChainFile } from './fixtures/test-chain-file.ts'
import type { OutgoingReply } from './queue-reply.ts'
import { handleRequest, type RequestHandler } from './routes.ts'
import { HttpWorker, type WorkerReplier } from './worker.ts'

const { path: chainFile } = testChainFile()
const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`

/** Clients are connection ids; replies are kept. */
class KeptReplies implements WorkerReplier<number> {
  readonly sent: { connectionId: number; reply: OutgoingReply }[] = []
  private memory: HttpConnectionMemory | undefined

  clientOf(_slot: number, memory: HttpConnectionMemory): number {
    this.memory = memory
    return memory.connectionId
  }

  reply(connectionId: number, reply: OutgoingReply): void {
    this.sent.push({ connectionId, reply })
    this.memory?.markAnswered()
  }
}

function workerOf(lab: FlowLab, handle: RequestHandler = handleRequest) {
  const replies = new KeptReplies()
  return { worker: new HttpWorker(lab.context, replies, handle), replies }
}

test('a worker answers what is queued, oldest first, and finishes it when the subject stops', () => {
  const lab = new FlowLab({ workers: 1, chainFile })
  const { worker, replies } = workerOf(lab)
  for (const target of ['/rest/chaininfo.json', '/a', '/b']) lab.receive(lab.open(), get(target))
  lab.service.stop()
  worker.run()
  assert.deepEqual(
    replies.sent.map(({ connectionId, reply }) => [connectionId, reply.status]),
    [
      [0, 200],
      [1, 404],
      [2, 404],
    ],
  )
})

test('a handler that throws is 500 and the end of that connection; the worker lives on', () => {
  const lab = new FlowLab({ workers: 1, chainFile })
  const { worker, replies } = workerOf(lab, (store, request) => {
    if (request.target === '/bug') throw new Error('a bug')
    return handleRequest(store, request)
  })
  lab.receive(lab.open(), get('/bug'))
  lab.receive(lab.open(), get('/rest/chaininfo.json'))
  assert.deepEqual([worker.pass(0), worker.pass(0), worker.pass(0)], [true, true, false])
  assert.deepEqual(
    replies.sent.map(({ reply }) => [reply.status, reply.keepAlive]),
    [
      [500, false],
      [200, true],
    ],
  )
})

test('a slot is answered for the connection that has it now', () => {
  const lab = new FlowLab({ workers: 1, chainFile })
  const { worker, replies } = workerOf(lab)
  for (let i = 0; i < 2; i++) {
    const client = lab.open()
    assert.equal(client.session.slot.number, 0)
    lab.receive(client, get('/'))
    assert.equal(worker.pass(0), true)
    assert.equal(client.session.memory.requestInFlight, false)
    lab.slots.release(client.session.slot)
  }
  assert.deepEqual(
    replies.sent.map(({ connectionId }) => connectionId),
    [0, 1],
  )
})
