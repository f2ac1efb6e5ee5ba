import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SocketHandler } from '../../implementations/node/socket-loop.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { ServiceMemory } from '../../implementations/threads/service-memory.ts'
import { SockMan } from '../../implementations/virtual-sockman/sockman.ts'
import { noFaults } from './faults.ts'
import { PlayedSockMan } from './played-sockman.ts'
import { SimulatedTime } from './simulated-time.ts'

const address: Address = { family: 4, host: '127.0.0.1', port: 8333 }

/** Notes what it is asked and told; it wants to send, and nothing else. */
class NotingConsumer implements SocketHandler {
  readonly notes: string[] = []
  finished = false
  createMemory() {
    return { received: { reserve: () => Buffer.alloc(10) }, markClosed() {} }
  }
  eventNewConnectionAccepted() {
    return true
  }
  shouldTryToRecv() {
    return false
  }
  shouldTryToSend(id: number) {
    this.notes.push(`asked ${id}`)
    return true
  }
  eventReadyToSend(id: number) {
    this.notes.push(`may send ${id}`)
    return false
  }
  eventGotPermanentReadError(id: number) {
    this.notes.push(`error ${id}`)
  }
  eventIOLoopCompletedForOne() {}
  eventIOLoopCompletedForAll() {}
  generateWaitSockets() {}
  socketHandler() {}
  interrupt() {}
  close() {}
}

test('as SockMan, it asks of all, then tells; of an error always; and nothing once all is finished', () => {
  const network = new PlayedSockMan(new SimulatedTime(1), 100, () => noFaults)
  const consumer = new NotingConsumer()
  const service = ServiceMemory.create()
  const notesOfIteration = () => {
    consumer.notes.length = 0
    network.iterate({ service }, consumer)
    return consumer.notes
  }
  network.during(() => {
    SockMan.prototype.bindAndStartListening(address)
    const fars = [network.far.createSock(4), network.far.createSock(4)]
    for (const far of fars) far.connect(address)
    for (const _ of fars) network.iterate({ service }, consumer)
    assert.deepEqual(notesOfIteration(), ['asked 0', 'asked 1', 'may send 0', 'may send 1'])

    fars[0].setSockOpt('SO_LINGER0', 1)
    fars[0].close()
    const told = ['may send 0', 'error 0', 'may send 1']
    assert.deepEqual(notesOfIteration(), ['asked 0', 'asked 1', ...told])
    assert.equal(network.hasFailed(0), true)
    assert.equal(network.hasFailed(1), false)

    service.stop()
    assert.deepEqual(notesOfIteration(), ['asked 0', 'asked 1', ...told], 'some is to be finished')
    consumer.finished = true
    assert.deepEqual(notesOfIteration(), ['asked 0', 'asked 1'])
  })
})

test('it knows calls that no consumer should make', () => {
  const network = new PlayedSockMan(new SimulatedTime(1), 100, () => noFaults)
  network.during(() => {
    SockMan.prototype.connectionToShare(7)
    SockMan.prototype.shutdownConnection(7)
  })
  assert.deepEqual(network.violations, [
    'connection 7: connectionToShare, but it is not connected',
    'connection 7: shutdownConnection, but it is not connected',
  ])
})
