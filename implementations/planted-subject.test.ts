import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TcpPeerServer, until } from './node/fixtures/tcp-peer.ts'
import { TestChain } from './node/fixtures/test-chain.ts'
import type { P2pOptions } from './node/service-options.ts'
import { backends } from './registry.ts'
import { Subject } from './subject.ts'

const chain = new TestChain(30)
const bounded = { timeout: 30_000 }
const polling = backends.filter(({ protocols }) => protocols.p2p?.onSocketThread.loop === 'poll')

for (const { name: backend } of polling) {
  for (const spinsPerRecv of [0, 500]) {
    test(`${backend} with ${spinsPerRecv} turns planted: downloads a chain`, bounded, async t => {
      const server = await TcpPeerServer.start(chain)
      t.after(() => server.close())
      const options: P2pOptions = {
        protocol: 'p2p',
        sendMode: 'optimistic',
        verify: 'merkle',
        refillBlocks: 1,
        listen: undefined,
        connect: [server.address],
        socketBufferBytes: 1 << 16,
      }
      const handlers = { onEvent: () => {}, onCrash: assert.fail }
      const subject = new Subject(backend, [options], 'one', handlers, spinsPerRecv)
      t.after(() => subject.stop())
      await until(() => subject.progress.blockHeight === chain.tipHeight)
      assert.equal(subject.counts().bytesReceived, server.peers[0].socket.bytesWritten)
    })
  }
}
