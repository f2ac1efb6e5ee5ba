import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { candidates } from '../../implementations/registry.ts'
import { ping, verack, version } from '../behaviour/p2p-messages.ts'
import { Sockbench } from '../fixtures/sockbench.ts'
import {
  residentBytes,
  type ServedBackend,
  serveBackend,
  stopServing,
  untilIdle,
} from './fixtures/served-backend.ts'
import { Client, type Protocol } from './fixtures/served-client.ts'

/** Peers that ask and do not read: others are served, memory is bounded, and nothing is lost. */
const protocols = ['http', 'p2p'] as const
const bounded = { timeout: 300_000 }
const countingPeer = fileURLToPath(new URL('./fixtures/counting-peer.js', import.meta.url))
after(() => Sockbench.killAll())

const SLOW_READERS = 16
/** What one may keep of the server's: a reply or a flood's worth of pings, and as much unsent. */
const BYTES_FOR_EACH = 8 << 20
/** The answers are many times what the server may keep of them: 50 MB of blocks, 16 MB of pongs. */
const requestsOf = { http: 50, p2p: 500_000 } as const
const LOOKS = 20
/** In each answer once. */
const answers = { http: 'HTTP/1.1 200', p2p: 'pong' } as const

for (const { name: backend } of candidates) {
  for (const protocol of protocols) {
    test(
      `${backend}, ${protocol}: ${SLOW_READERS} slow readers cost bounded memory, and nobody else`,
      bounded,
      async t => {
        const served = await serveBackend(backend, protocol)
        const client = await Client.open(t, served.address, protocol)
        await client.demandAnswer()
        const before = residentBytes(served)
        const slow = Array.from({ length: SLOW_READERS }, () => slowReader(t, served, protocol))
        let grownBytes = 0
        for (let i = 0; i < LOOKS; i++) {
          await sleep(100)
          await client.demandAnswer()
          grownBytes = Math.max(grownBytes, residentBytes(served) - before)
        }
        t.diagnostic(`${(grownBytes / 2 ** 20).toFixed(0)} MiB more resident at most`)
        assert.ok(grownBytes < SLOW_READERS * BYTES_FOR_EACH, `${grownBytes} bytes more`)
        for (const socket of slow) {
          assert.equal(socket.readyState, 'open', 'it is slow, and does nothing wrong')
          socket.destroy()
        }
        client.close()
        await untilIdle(served)
        await stopServing(served)
      },
    )

    test(
      `${backend}, ${protocol}: a peer that is stopped loses nothing, and costs nobody else anything`,
      bounded,
      async t => {
        const served = await serveBackend(backend, protocol)
        const client = await Client.open(t, served.address, protocol)
        const peer = spawn(process.execPath, [
          countingPeer,
          served.address.host,
          String(served.address.port),
          answers[protocol],
          String(requestsOf[protocol]),
        ])
        t.after(() => peer.kill('SIGKILL'))
        const lines = createInterface(peer.stdout)[Symbol.asyncIterator]()
        peer.stdin.end(requests(served, protocol, requestsOf[protocol]))
        assert.equal((await lines.next()).value, 'receiving')
        peer.kill('SIGSTOP')
        for (let i = 0; i < LOOKS; i++) await client.demandAnswer()
        peer.kill('SIGCONT')
        assert.equal((await lines.next()).value, `received ${requestsOf[protocol]}`)
        await once(peer, 'exit')
        client.close()
        await untilIdle(served)
        await stopServing(served)
      },
    )
  }
}

/** Asks for much, and reads nothing. */
function slowReader(t: TestContext, served: ServedBackend, protocol: Protocol): Socket {
  const { address } = served
  const socket = connect({ host: address.host, port: address.port })
  t.after(() => socket.destroy())
  socket.pause()
  socket.on('error', () => {})
  socket.write(requests(served, protocol, requestsOf[protocol]))
  return socket
}

/** Of HTTP for the largest replies there are. */
function requests({ server }: ServedBackend, protocol: Protocol, count: number): Buffer {
  const repeated = (one: Buffer) => Buffer.concat(Array.from({ length: count }, () => one))
  if (protocol === 'p2p') return Buffer.concat([version, verack, repeated(ping(1n))])
  const target = /\/rest\/block\/\S+/.exec(server.stdout)?.[0]
  return repeated(Buffer.from(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`))
}
