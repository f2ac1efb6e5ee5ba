import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SEND_BUFFER_BYTES } from '../../threads/send-queue.ts'
import { WORK_QUEUE_CAPACITY } from '../../threads/work-queue.ts'
import { FlowLab, IDLE_TIMEOUT_MS, type LabClient } from './fixtures/flow-lab.ts'
import { testChainFile } from './fixtures/test-chain-file.ts'
import type { OutgoingReply } from './queue-reply.ts'

const { path: chainFile } = testChainFile()
const request = 'GET /rest/chaininfo.json HTTP/1.1\r\nHost: a\r\n\r\n'
const lastRequest = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const done: OutgoingReply = {
  status: 200,
  contentType: 'text/plain',
  body: Buffer.from('done'),
  keepAlive: true,
  versionMinor: 1,
  headOnly: false,
}

function labWithWorkers(): FlowLab {
  return new FlowLab({ workers: 2, chainFile })
}

/** The slots of the requests that were given to the worker threads since the last call. */
function queued({ service }: FlowLab): number[] {
  const slots: number[] = []
  for (let slot = service.workQueue.pop(0); slot >= 0; slot = service.workQueue.pop(0)) {
    slots.push(slot)
  }
  return slots
}

function statuses({ replies }: LabClient): number[] {
  return replies.map(({ status }) => status)
}

test('one request of a connection is in flight, the next follows its reply', () => {
  const lab = labWithWorkers()
  const client = lab.open()
  const { number } = client.session.slot
  lab.receive(client, request + request)
  assert.deepEqual(queued(lab), [number])
  assert.equal(lab.flow.goOn(client, 0), 'poll')
  assert.deepEqual(queued(lab), [])
  lab.reply(client, done)
  assert.equal(lab.flow.goOn(client, 0), 'poll')
  assert.deepEqual(queued(lab), [number])
  assert.equal(lab.count('requests'), 2)
})

test('a connection is received from while a handler is busy, up to 64 KiB', () => {
  const lab = labWithWorkers()
  const client = lab.open()
  lab.receive(client, request + 'x'.repeat(0xffff))
  assert.equal(client.session.shouldTryToRecv, true)
  lab.receive(client, 'x')
  assert.equal(client.session.shouldTryToRecv, false)
})

test('with more than the send buffer queued, the next request waits', () => {
  const lab = labWithWorkers()
  const client = lab.open()
  lab.receive(client, request + request)
  queued(lab)
  lab.reply(client, { ...done, body: Buffer.alloc(SEND_BUFFER_BYTES) })
  lab.flow.goOn(client, 0)
  assert.deepEqual(queued(lab), [])
  lab.read(client)
  lab.flow.goOn(client, 0)
  assert.equal(queued(lab).length, 1)
})

test('the work queue full is 503, and the connection goes on', () => {
  const lab = labWithWorkers()
  for (let i = 0; i < WORK_QUEUE_CAPACITY; i++) lab.receive(lab.open(), request)
  const client = lab.open()
  lab.receive(client, request)
  assert.deepEqual(statuses(client), [503])
  assert.equal(client.replies[0].keepAlive, true)
  assert.equal(lab.count('queueFull503'), 1)
  assert.equal(queued(lab).length, WORK_QUEUE_CAPACITY)
  lab.receive(client, request)
  assert.deepEqual(queued(lab), [client.session.slot.number])
})

test('what is invalid is refused behind the reply before it, and what follows is dropped', () => {
  const lab = labWithWorkers()
  const client = lab.open()
  lab.receive(client, `${request}NONSENSE\r\n\r\n`)
  queued(lab)
  lab.reply(client, done)
  lab.flow.goOn(client, 0)
  lab.receive(client, request)
  assert.deepEqual(statuses(client), [200, 400])
  assert.equal(lab.count('requests'), 1)
})

test('after an error the connection lingers: until the client has ended', () => {
  const lab = labWithWorkers()
  const client = lab.open()
  lab.receive(client, 'NONSENSE\r\n\r\n')
  assert.equal(lab.flow.goOn(client, 0), 'poll') // the reply is not sent
  assert.equal(client.session.shouldTryToRecv, false)
  lab.read(client)
  assert.equal(lab.flow.goOn(client, 0), 'finish')
  assert.equal(client.session.shouldTryToRecv, true)
  assert.equal(lab.flow.goOn(client, 1), 'poll')
  lab.flow.gotEof(client)
  assert.equal(lab.flow.goOn(client, 2), 'close')
})

test('a client that never ends is not waited for: 2 seconds, or a megabyte', () => {
  const lab = labWithWorkers()
  const [slow, loud] = [lab.open(), lab.open()]
  for (const client of [slow, loud]) {
    lab.receive(client, 'NONSENSE\r\n\r\n')
    lab.read(client)
    assert.equal(lab.flow.goOn(client, 0), 'finish')
  }
  lab.receive(loud, 'x'.repeat(1 << 20))
  assert.equal(lab.flow.goOn(loud, 1), 'poll')
  lab.receive(loud, 'x')
  assert.equal(lab.flow.goOn(loud, 1), 'close')
  assert.equal(lab.flow.goOn(slow, 1_999), 'poll')
  assert.equal(lab.flow.goOn(slow, 2_000), 'close')
})

test('the last reply sent, the connection is ended, and closed once the client has ended it', () => {
  const lab = labWithWorkers()
  const client = lab.open()
  lab.receive(client, lastRequest + request)
  queued(lab)
  lab.reply(client, { ...done, keepAlive: false })
  assert.equal(lab.flow.goOn(client, 0), 'poll')
  lab.read(client)
  assert.equal(lab.flow.goOn(client, 0), 'finish') // what it still sends is dropped
  assert.equal(lab.flow.goOn(client, 1), 'poll')
  lab.flow.gotEof(client)
  assert.equal(lab.flow.goOn(client, 2), 'close')
  assert.equal(lab.count('requests'), 1)
})

test('a client that has ended gets what it asked for before', () => {
  const lab = labWithWorkers()
  const client = lab.open()
  lab.receive(client, request + request)
  lab.flow.gotEof(client)
  for (let i = 0; i < 2; i++) {
    assert.equal(queued(lab).length, 1)
    lab.reply(client, done)
    lab.flow.goOn(client, 0)
  }
  assert.equal(lab.flow.goOn(client, 0), 'poll')
  lab.read(client)
  assert.equal(lab.flow.goOn(client, 0), 'close')
})

test('idle is who awaits no reply, and has sent no whole request', () => {
  const lab = labWithWorkers()
  const [silent, incomplete, busy, unread] = [lab.open(), lab.open(), lab.open(), lab.open()]
  lab.receive(incomplete, request.slice(0, -1))
  lab.receive(busy, request)
  lab.receive(unread, request)
  lab.reply(unread, done)
  const then = (nowMs: number) =>
    [silent, incomplete, busy, unread].map(client => lab.flow.goOn(client, nowMs))
  assert.deepEqual(then(IDLE_TIMEOUT_MS - 1), ['poll', 'poll', 'poll', 'poll'])
  assert.deepEqual(then(IDLE_TIMEOUT_MS), ['close', 'close', 'poll', 'poll'])
  lab.read(unread)
  assert.equal(lab.flow.goOn(unread, 2 * IDLE_TIMEOUT_MS), 'poll')
  assert.equal(lab.flow.goOn(unread, 3 * IDLE_TIMEOUT_MS - 1), 'poll')
  assert.equal(lab.flow.goOn(unread, 3 * IDLE_TIMEOUT_MS), 'close')
})

test('without worker threads, a connection that is used is not idle', () => {
  const lab = new FlowLab({ workers: 0, chainFile })
  const client = lab.open()
  for (let i = 1; i <= 4; i++) {
    assert.equal(lab.flow.goOn(client, (i * IDLE_TIMEOUT_MS) / 2), 'poll')
    lab.receive(client, request)
    lab.read(client)
  }
  assert.equal(lab.flow.goOn(client, 3 * IDLE_TIMEOUT_MS - 1), 'poll')
  assert.equal(lab.flow.goOn(client, 3 * IDLE_TIMEOUT_MS), 'close')
})

test('a client that does not read is dropped in the end; one that reads a little is not', () => {
  const lab = labWithWorkers()
  for (const last of [false, true]) {
    const [never, slowly] = [lab.open(), lab.open()]
    for (const client of [never, slowly]) {
      lab.receive(client, request)
      lab.reply(client, { ...done, keepAlive: !last })
    }
    for (let i = 0; i <= 5; i++) {
      slowly.session.memory.sending.consume(1)
      assert.equal(lab.flow.goOn(slowly, (i * IDLE_TIMEOUT_MS) / 2), 'poll')
    }
    assert.equal(lab.flow.goOn(never, 0), 'poll')
    assert.equal(lab.flow.goOn(never, IDLE_TIMEOUT_MS - 1), 'poll')
    assert.equal(lab.flow.goOn(never, IDLE_TIMEOUT_MS), 'close')
  }
})

test('a reply that does not fit becomes 500, and the last', () => {
  const lab = labWithWorkers()
  const client = lab.open()
  lab.receive(client, request)
  lab.reply(client, { ...done, body: Buffer.alloc(40 << 20) })
  assert.match(lab.read(client), /^HTTP\/1\.1 500 .*\r\nConnection: close\r\n/)
  assert.equal(client.session.memory.disconnectRequested, false)
  assert.equal(lab.flow.goOn(client, 0), 'finish')
})

test('a byte now and then does not keep an incomplete request alive', () => {
  const lab = labWithWorkers()
  const client = lab.open()
  for (let i = 0; i < 10; i++) {
    lab.receive(client, request[i])
    assert.equal(lab.flow.goOn(client, (i * IDLE_TIMEOUT_MS) / 10), 'poll')
  }
  assert.equal(lab.flow.goOn(client, IDLE_TIMEOUT_MS), 'close')
})

test('interrupted: what is in flight is finished, what waits gets 503, the rest is closed', () => {
  const lab = labWithWorkers()
  const [idle, busy] = [lab.open(), lab.open()]
  lab.receive(busy, request + request + request)
  lab.flow.interrupt()
  assert.equal(lab.flow.goOn(idle, 0), 'finish') // its next request may be on the way
  assert.equal(lab.flow.goOn(idle, 0), 'poll')
  lab.flow.gotEof(idle)
  assert.equal(lab.flow.goOn(idle, 0), 'close')
  assert.equal(lab.flow.goOn(busy, 0), 'poll')
  lab.reply(busy, done)
  assert.equal(lab.flow.goOn(busy, 0), 'poll')
  assert.deepEqual(statuses(busy), [200, 503])
  assert.equal(busy.replies[1].keepAlive, false)
  lab.read(busy)
  assert.equal(lab.flow.goOn(busy, 0), 'finish')
})

test('interrupted, HEAD gets the head of 503', () => {
  const lab = labWithWorkers()
  const client = lab.open()
  lab.flow.interrupt()
  lab.receive(client, request.replace('GET', 'HEAD'))
  assert.deepEqual(statuses(client), [503])
  assert.match(lab.read(client), /\r\n\r\n$/)
})

test('between the worker threads being stopped and the loop hearing of it, 503 as well', () => {
  const lab = labWithWorkers()
  const client = lab.open()
  lab.service.stop()
  lab.receive(client, request + request)
  assert.deepEqual(statuses(client), [503])
  assert.equal(client.replies[0].keepAlive, false)
  assert.equal(lab.count('queueFull503'), 0)
})

test('100 Continue is asked for once the head is there, and only then', () => {
  const lab = labWithWorkers()
  const client = lab.open()
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n'
  lab.receive(client, head.slice(0, -1))
  assert.equal(lab.read(client), '')
  lab.receive(client, head.slice(-1))
  assert.equal(lab.read(client), 'HTTP/1.1 100 Continue\r\n\r\n')
  lab.receive(client, 'x')
  assert.equal(queued(lab).length, 1)
  lab.receive(client, head)
  assert.equal(lab.read(client), '')
  lab.reply(client, done)
  lab.flow.goOn(client, 0)
  assert.match(lab.read(client), /done.*HTTP\/1\.1 100 Continue\r\n\r\n$/s)
})

test('without worker threads, all that was received is answered at once, in order', () => {
  const lab = new FlowLab({ workers: 0, chainFile })
  const client = lab.open()
  lab.receive(client, request.repeat(3) + lastRequest + request)
  assert.deepEqual(statuses(client), [200, 200, 200, 405])
  assert.equal(client.replies[3].keepAlive, false)
  lab.read(client)
  assert.equal(lab.flow.goOn(client, 0), 'finish')
})

test('a connection that must go is closed, whatever is in flight', () => {
  const lab = labWithWorkers()
  const client = lab.open()
  lab.receive(client, request)
  client.session.memory.requestDisconnect()
  assert.equal(lab.flow.goOn(client, 0), 'close')
  assert.equal(client.session.isGone, false)
  client.session.memory.markClosed()
  assert.equal(client.session.isGone, false)
  lab.reply(client, done)
  assert.equal(client.session.isGone, true)
})
