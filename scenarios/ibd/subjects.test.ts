import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import { BlockServer } from './block-server.ts'
import { buildChain } from './chain-builder.ts'
import { pinChain } from './send-queue.ts'
import { Subjects } from './subjects.ts'
import { TestNode } from './test-client.ts'

const bounded = { timeout: 30_000 }

test(
  'a subject that stalls fails after the timeout, and another one does not',
  bounded,
  async t => {
    const chain = await buildChain({ profile: 'small', blocks: 10, seed: 1 })
    const server = new BlockServer(new PosixNetwork(createSyscallCounts()))
    t.after(() => server.closeAll())
    const subjects = new Subjects(server, pinChain(chain), { stallTimeoutMs: 100 })
    const other = subjects.listen('other', 'p2p', 1)
    assert.equal(other.state, 'listening')
    const node = await TestNode.connected(other.address.port)
    assert.equal(subjects.listen('stalling', 'p2p', 1).state, 'listening')
    const ready = await subjects.awaitReady('stalling')
    assert.equal(ready.state, 'failed')
    assert.match(ready.reason, /^no progress for 100 ms: 0 connections open/)
    await node.roundTrip()
  },
)
