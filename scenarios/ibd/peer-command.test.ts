import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { MSG_BLOCK } from '../../implementations/protocol/p2p/constants.ts'
import { MessageType } from '../../implementations/protocol/p2p/message-type.ts'
import { encodeInventory } from '../../implementations/protocol/p2p/messages/inventory.ts'
import { buildChain } from './chain-builder.ts'
import { PeerError, runPeer } from './peer-command.ts'
import { TestNode, until } from './test-client.ts'

process.env.SOCKBENCH_CACHE = mkdtempSync(join(tmpdir(), 'sockbench-peer-'))
after(() => rmSync(process.env.SOCKBENCH_CACHE ?? '', { recursive: true }))

const options = { host: '127.0.0.1', port: 0, profile: 'small', blocks: 30, seed: 2 }

test('a peer prints one line, serves any number of nodes, and ends when told to', async () => {
  const lines: string[] = []
  const stop = new AbortController()
  const output = { print: (line: string) => lines.push(line), warn: assert.fail }
  const ended = runPeer(options, output, stop.signal)
  await until('the line', () => lines[0])
  const reference = await buildChain(options)
  const port = Number(/^listening on 127\.0\.0\.1:(\d+), 30 blocks, tip (\w+)$/.exec(lines[0])?.[1])
  assert.ok(lines[0].endsWith(reference.tipHash))

  const garbage = new TestNode(port)
  garbage.sock.send(Buffer.alloc(50, 1), false)
  await garbage.end()
  const nodes = [await TestNode.connected(port), await TestNode.connected(port)]
  for (const node of nodes) {
    node.send(MessageType.getdata, encodeInventory([{ type: MSG_BLOCK, hash: reference.hash(30) }]))
    assert.deepEqual(await node.next(MessageType.block), reference.blockBytes(30))
  }

  await assert.rejects(
    runPeer({ ...options, port }, output, stop.signal),
    (error: Error) =>
      error instanceof PeerError &&
      error.message ===
        `127.0.0.1:${port} is in use; choose another --port, or 0 to let the kernel pick one`,
  )
  stop.abort()
  await ended
  for (const node of nodes) await node.end()
  assert.equal(lines.length, 1)
})

test('a peer that is stopped while it builds its chain prints nothing', async () => {
  const output = { print: () => assert.fail(), warn: assert.fail }
  await runPeer({ ...options, seed: 3 }, output, AbortSignal.abort())
})
