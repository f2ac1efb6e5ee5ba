import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { createSyscallCounts, syscallIndex } from '../../implementations/sock/syscalls.ts'
import { BlockServer } from './block-server.ts'
import { buildChain } from './chain-builder.ts'
import { P2pSession } from './p2p-session.ts'
import { pinChain } from './send-queue.ts'

const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }

test('a buffer size of 0 sets neither SO_RCVBUF nor SO_SNDBUF', async t => {
  const chain = pinChain(await buildChain({ profile: 'small', blocks: 10, seed: 1 }))
  const optionsSet = [65_536, 0].map(socketBufferBytes => {
    const counts = createSyscallCounts()
    const server = new BlockServer(new PosixNetwork(counts), { socketBufferBytes })
    t.after(() => server.closeAll())
    const session = new P2pSession(chain, { connections: 1, onFailed: assert.fail })
    assert.ok(typeof server.listen(anyPort, session) === 'object')
    return counts[syscallIndex.setsockopt]
  })
  assert.equal(optionsSet[0] - optionsSet[1], 2)
})
