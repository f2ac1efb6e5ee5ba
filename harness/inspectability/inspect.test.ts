import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunError } from '../errors.ts'
import { type Inspection, inspect, inspectionOf, type Way } from './inspect.ts'
import { nameOf } from './stack.ts'
import { inspectedWorkload } from './workload.ts'

const workload = inspectedWorkload(4)

const namesOn = ({ between }: Way) => between.map(nameOf)
const pathsTo = ({ nearest }: Way) =>
  Object.fromEntries(
    Object.entries(nearest).map(([question, { lookUps, frame, path }]) => [
      question,
      `${lookUps} ${frame} ${path}`,
    ]),
  )

/** Whatever the time they have, both threads work. */
function assertSampled({ names }: Inspection, threads: readonly string[]): void {
  assert.deepEqual(
    names.map(({ thread }) => thread),
    threads,
  )
}

test('in direct a node and its socket are at hand where a system call is made', async () => {
  const inspection = await inspect('direct', workload, 100)
  const { receiving, sending } = inspection
  assert.deepEqual(namesOn(receiving), [
    'DirectConnman.receive',
    'DirectConnman.receiveMsgBytes',
    'MessageReceiver.receiveMsgBytes',
  ])
  assert.deepEqual(pathsTo(receiving), {
    peer: '0 1 node',
    id: '0 1 node.id',
    fd: '0 0 this.#fd',
    queued: '0 1 node.memory.sending',
  })
  assert.deepEqual(namesOn(sending), ['DirectNode.socketSendData', 'DirectNode.send'])
  assert.deepEqual(pathsTo(sending), {
    peer: '0 1 this',
    id: '0 1 this.id',
    fd: '0 0 this.#fd',
    queued: '0 1 this.memory.sending',
    type: '0 3 type',
  })
  assertSampled(inspection, ['b-msghand', 'b-net'])
})

test('in virtual-sockman a received chunk has an id, and its peer is a look-up away', async () => {
  const inspection = await inspect('virtual-sockman', workload, 100)
  const { receiving, sending } = inspection
  assert.deepEqual(namesOn(receiving), [
    'P2pConnman.receive',
    'P2pConnman.eventGotData',
    'MessageReceiver.receiveMsgBytes',
  ])
  const atRecv = pathsTo(receiving)
  assert.equal(atRecv.id, '0 1 id')
  assert.equal(atRecv.peer, '1 1 this.nodes[…]')
  assert.deepEqual(namesOn(sending), ['P2pConnman.sendMessagesAsBytes', 'P2pConnman.sendBytes'])
  assert.equal(pathsTo(sending).peer, '0 2 node')
  assertSampled(inspection, ['b-msghand', 'b-net'])
})

test('in devirtualized-sockman the connection is the peer', async () => {
  const { receiving, sending } = await inspect('devirtualized-sockman', workload, 100)
  assert.equal(pathsTo(receiving).peer, '0 1 connection')
  assert.equal(pathsTo(sending).peer, '0 1 connection')
  assert.equal(namesOn(sending).length, 2)
})

test('libuv’s socket knows no peer, until the callback that has it', async () => {
  const inspection = await inspect('libuv', workload, 100)
  const { receiving, sending } = inspection
  assert.equal(pathsTo(receiving).peer, undefined)
  assert.equal(pathsTo(receiving).fd, undefined)
  const names = namesOn(receiving)
  assert.ok(names.includes('LibuvConnman.receive'), names.join())
  assert.ok(names.includes('addChunk'), names.join())
  assert.match(pathsTo(sending).peer, /^0 \d node$/)
  assertSampled(inspection, ['b-net'])
})

test('a function that is not found, or that nobody comes to, is a failure that names it', () => {
  assert.throws(
    () => inspectionOf('direct', [{ thread: 'b-net', stacks: {}, names: null }]),
    (error: unknown) =>
      error instanceof RunError &&
      error.message ===
        'direct: no thread came often enough to recv in implementations/sock/posix-sock.js: it is called otherwise now, or not at all',
  )
})

test('a backend whose seams are unknown is refused', async () => {
  await assert.rejects(inspect('floor', workload, 100), {
    name: 'RunError',
    message:
      'it is not known where floor meets its sockets; known: direct, virtual-sockman, devirtualized-sockman, libuv',
  })
})
