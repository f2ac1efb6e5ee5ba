import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionMemory } from '../../implementations/threads/connection-memory.ts'
import { simulatedBackends } from './differential.ts'
import { onStage, p2pOptions } from './fixtures/stage.ts'

const PIPE_BYTES = 1_000

for (const backend of simulatedBackends) {
  test(`${backend.name}: who is dropped while another is being closed is closed, too`, () => {
    onStage(backend, p2pOptions, PIPE_BYTES, stage => {
      const peers = [stage.connectPeer(), stage.connectPeer()]
      for (let i = 0; i < peers.length; i++) stage.iterate()
      const memories = stage.service.announced.map(({ buffer }) => new ConnectionMemory(buffer))
      const [last, first] = memories
      // The handler thread's part, in the middle of the socket thread's.
      stage.network.log = (_connection, call) => {
        if (call === 'close') last.requestDisconnect()
      }
      first.requestDisconnect()
      stage.iterate()
      stage.iterate()
      for (const peer of peers) peer.read(1)
      assert.deepEqual(
        peers.map(({ state }) => state),
        ['ended by subject', 'ended by subject'],
      )
    })
  })
}
