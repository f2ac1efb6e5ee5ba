import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Sockbench } from './fixtures/sockbench.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-serve-'))
process.env.SOCKBENCH_CACHE = join(directory, 'cache')
const servers: Server[] = []
after(() => {
  Sockbench.killAll()
  for (const server of servers) server.close()
  rmSync(directory, { recursive: true })
})

const smallChain = ['--profile', 'small', '--blocks', '3000']
const separated = ['direct', 'virtual-sockman', 'devirtualized-sockman']

const PROBE_FRAME_BYTES = 32

/** A peer with 3000 blocks. */
async function startPeer(...options: string[]) {
  const peer = Sockbench.start(['peer', ...smallChain, ...options])
  const line = /^listening on (\S+), 3000 blocks, tip (\w{64})$/m
  const [, address, tip] = await peer.stdoutMatching(line)
  return { peer, address, tip }
}

/** Somebody who is no peer, listening on a port of 127.0.0.1. */
async function listenWith(behave: (socket: Socket) => void): Promise<string> {
  const server = createServer(socket => {
    socket.on('error', () => {})
    behave(socket)
  })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('every backend downloads the chain of a peer, to the tip that it printed', async () => {
  const { peer, address, tip } = await startPeer()
  for (const backend of separated) {
    const args = ['serve', backend, '--connect', address, '--stop-at-height', '3000']
    const { code, stdout, stderr } = await Sockbench.start(args).ended
    assert.equal(stdout, `connected to ${address}\nheight 3000 of 3000, tip ${tip}\n`)
    assert.deepEqual([code, stderr], [0, ''])
  }
  peer.interrupt()
  const { code, stdout } = await peer.ended
  assert.equal(stdout.trim().split('\n').length, 1)
  assert.equal(code, 130)
})

test('serve accepts connections, and Ctrl-C ends it with 130 and the height it has', async () => {
  const serve = Sockbench.start(['serve', 'direct', '--port', '0'])
  await serve.stdoutMatching(/^listening on 127\.0\.0\.1:\d+$/m)
  serve.interrupt()
  const { code, stdout, stderr } = await serve.ended
  assert.match(stdout, /\nheight 0 of 0, tip [0-9a-f]{64}\n$/)
  assert.match(stderr, /^sockbench: interrupted by SIGINT\n$/)
  assert.equal(code, 130)
})

test('every backend serves HTTP at the routes it prints, and Ctrl-C ends it in order', async () => {
  for (const backend of separated) {
    const serve = Sockbench.start(['serve', backend, '--protocol', 'http', '--port', '0'])
    const [, post] = await serve.stdoutMatching(/^(\S+) takes JSON-RPC by POST/m)
    const urls = serve.stdout.match(/^http:\S+(json|bin)$/gm) ?? []
    const replies = await Promise.all(urls.map(async url => (await fetch(url)).arrayBuffer()))
    const [info, headers, block] = replies
    assert.match(Buffer.from(info).toString(), /"blocks": ?2116/)
    assert.equal(headers.byteLength, 2000 * 80)
    assert.ok(block.byteLength > 900_000)
    const body = JSON.stringify({ id: 1, method: 'getblockcount', params: [] })
    const answer = (await (await fetch(post, { method: 'POST', body })).json()) as object
    assert.deepEqual('result' in answer && answer.result, 2116)
    serve.interrupt()
    const { code, stderr } = await serve.ended
    assert.deepEqual([code, stderr], [130, 'sockbench: interrupted by SIGINT\n'])
  }
})

test('every backend pushes as many messages as a subscriber asks for', async () => {
  for (const backend of separated) {
    const serve = Sockbench.start(['serve', backend, '--protocol', 'push', '--mode', 'queued'])
    const [, port] = await serve.stdoutMatching(/^listening on 127\.0\.0\.1:(\d+)$/m)
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(Buffer.of(3, 0, 0, 0)))
    let receivedBytes = 0
    await new Promise<void>(resolve => {
      socket.on('data', data => {
        receivedBytes += data.length
        if (receivedBytes >= 3 * PROBE_FRAME_BYTES) resolve()
      })
    })
    serve.interrupt()
    assert.equal((await serve.ended).code, 130)
    assert.equal(receivedBytes, 3 * PROBE_FRAME_BYTES)
    socket.destroy()
  }
})

test('when the last peer is gone and none can come, serve says so and ends with 1', async () => {
  const { peer, address, tip } = await startPeer()
  const serve = Sockbench.start(['serve', 'direct', '--connect', address])
  await serve.stdoutMatching(/^height 3000 of 3000/m)
  process.kill(peer.pid, 'SIGKILL')
  const { code, stdout, stderr } = await serve.ended
  assert.ok(stdout.endsWith(`connection to peer 0 closed\nheight 3000 of 3000, tip ${tip}\n`))
  assert.match(stderr, /^sockbench: no peer is left and none can come: [^\n]+\n$/)
  assert.equal(code, 1)
})

test('one peer that closes is told, and the download goes on with the other', async () => {
  const { peer, address, tip } = await startPeer()
  const closing = await listenWith(socket => socket.end())
  const connect = ['--connect', closing, '--connect', address]
  const args = ['serve', 'direct', ...connect, '--stop-at-height', '3000']
  const { code, stdout } = await Sockbench.start(args).ended
  assert.match(stdout, /^connection to peer 0 closed$/m)
  assert.match(stdout, new RegExp(`\\nheight 3000 of 3000, tip ${tip}\\n$`))
  assert.equal(code, 0)
  peer.interrupt()
  await peer.ended
})

test('a peer that sends garbage, or closes at once, is the last one: exit code 1', async () => {
  const garbage = await listenWith(socket => socket.write(Buffer.alloc(4096, 'garbage')))
  const closing = await listenWith(socket => socket.end())
  for (const address of [garbage, closing]) {
    for (const backend of separated) {
      const args = ['serve', backend, '--connect', address, '--stop-at-height', '1']
      const { code, stdout, stderr } = await Sockbench.start(args).ended
      assert.match(stdout, /^connection to peer 0 closed$/m)
      assert.match(stderr, /^sockbench: no peer is left .* not P2P of regtest; [^\n]+\n$/)
      assert.equal(code, 1)
    }
  }
})

test('nobody to connect to is one line and exit code 1', async () => {
  const address = await listenWith(() => {})
  await new Promise(resolve => servers.at(-1)?.close(resolve))
  for (const backend of separated) {
    const { code, stdout, stderr } = await Sockbench.start(['serve', backend, '--connect', address])
      .ended
    assert.equal(stderr, `sockbench: cannot connect to ${address}: ECONNREFUSED (111)\n`)
    assert.deepEqual([code, stdout], [1, ''])
  }
})

test('a port in use is one line that names it, and exit code 1', async () => {
  const address = await listenWith(() => {})
  const port = address.split(':')[1]
  const says = `sockbench: ${address} is in use; choose another --port, or 0 to let the kernel pick one\n`
  const commands = [
    ...separated.map(backend => ['serve', backend]),
    ['peer', ...smallChain, '--quiet'],
  ]
  for (const command of commands) {
    const { code, stdout, stderr } = await Sockbench.start([...command, '--port', port]).ended
    assert.deepEqual([code, stdout, stderr], [1, '', says])
  }
})
