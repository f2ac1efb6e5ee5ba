import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { P2pOptions } from '../../implementations/node/service-options.ts'
import { ConnectionMemory } from '../../implementations/threads/connection-memory.ts'
import { simulatedBackends } from './differential.ts'
import { noFaults } from './faults.ts'
import { FaultyNetwork } from './faulty-network.ts'
import { SimulatedPeer } from './simulated-peer.ts'
import { SimulatedService } from './simulated-service.ts'
import { SimulatedTime } from './simulated-time.ts'

const address = { family: 4, host: '127.0.0.1', port: 8333 } as const
const options: P2pOptions = {
  protocol: 'p2p',
  sendMode: 'optimistic',
  verify: 'none',
  refillBlocks: 1,
  listen: address,
  connect: [],
  socketBufferBytes: 1 << 16,
}

for (const backend of simulatedBackends) {
  test(`${backend.name}: who is dropped while another is being closed is closed, too`, () => {
    const time = new SimulatedTime(1)
    time.during(() => {
      const network = new FaultyNetwork({
        pipeBytes: 1_000,
        time,
        connectionFaults: () => noFaults,
        accept: new Map(),
        poll: new Map(),
      })
      const service = new SimulatedService(backend, options, network)
      const peers = [0, 1].map(() => new SimulatedPeer(network.dyn, new Uint8Array(0)))
      for (const peer of peers) {
        peer.connect(address)
        service.iterate()
      }
      const [last, first] = service.announced.map(({ buffer }) => new ConnectionMemory(buffer))
      // The handler thread's part, in the middle of the socket thread's.
      network.log = (_connection, call) => {
        if (call === 'close') last.requestDisconnect()
      }
      first.requestDisconnect()
      service.iterate()
      service.iterate()
      for (const peer of peers) peer.read(1)
      assert.deepEqual(network.violations, [])
      assert.deepEqual(
        peers.map(({ state }) => state),
        ['ended by subject', 'ended by subject'],
      )
    })
  })
}
