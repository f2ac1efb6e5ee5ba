import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SocketMemory } from '../../implementations/threads/socket-memory.ts'
import { simulatedBackends } from './differential.ts'
import { onStage, p2pOptions, pushOptions } from './fixtures/stage.ts'

const PIPE_BYTES = 1_000
const cases = simulatedBackends.flatMap(backend =>
  [p2pOptions, pushOptions].map(options => ({ backend, options })),
)

for (const { backend, options } of cases) {
  test(`${backend.name}, ${options.protocol}: who is dropped while another is being closed is closed, too`, () => {
    onStage(backend, options, PIPE_BYTES, stage => {
      const peers = [stage.connectPeer(), stage.connectPeer()]
      for (let i = 0; i < peers.length; i++) stage.iterate()
      const [last, first] = stage.service.announced.map(({ buffer }) => new SocketMemory(buffer))
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
