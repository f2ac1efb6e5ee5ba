import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { candidates } from '../../implementations/registry.ts'
import { repliesIn } from '../behaviour/http-replies.ts'
import { ping, verack, version } from '../behaviour/p2p-messages.ts'
import { nonceInHex, pongsIn } from '../behaviour/p2p-messages-in.ts'
import { Sockbench } from '../fixtures/sockbench.ts'
import { Dialogue } from './dialogue.ts'
import {
  connectionsOf,
  LIMIT_MS,
  residentBytes,
  type ServedBackend,
  serveBackend,
  stopServing,
  untilIdle,
} from './fixtures/served-backend.ts'
import { Client, type Protocol } from './fixtures/served-client.ts'

/** Peers that ask and do not read: others are served, memory is bounded, and nothing is lost. */
const protocols = ['http', 'p2p'] as const
const bounded = { timeout: LIMIT_MS }
const stoppingPeer = fileURLToPath(new URL('./fixtures/stopping-peer.js', import.meta.url))
after(() => Sockbench.killAll())

const SLOW_READERS = 16
/** What one may keep of the server's: a reply or a flood's worth of pings, and as much unsent. */
const BYTES_FOR_EACH = 8 << 20
/** The answers are many times what the server may keep of them: 50 MB of blocks, 16 MB of pongs. */
const requestsOf = { http: 50, p2p: 500_000 } as const
const LOOKS = 20

for (const { name: backend } of candidates) {
  for (const protocol of protocols) {
    test(
      `${backend}, ${protocol}: ${SLOW_READERS} slow readers cost bounded memory, and nobody else`,
      bounded,
      async t => {
        const served = await serveBackend(backend, protocol)
        const client = await Client.open(t, served.address, protocol)
        await client.demandAnswer()
        const asking = requests(served, protocol)
        const before = residentBytes(served)
        const slow = Array.from({ length: SLOW_READERS }, () => slowReader(t, served, asking))
        let grownBytes = 0
        for (let i = 0; i < LOOKS; i++) {
          await sleep(100)
          await client.demandAnswer()
          grownBytes = Math.max(grownBytes, residentBytes(served) - before)
        }
        t.diagnostic(`${(grownBytes / 2 ** 20).toFixed(0)} MiB more resident at most`)
        assert.ok(grownBytes < SLOW_READERS * BYTES_FOR_EACH, `${grownBytes} bytes more`)
        assert.equal(connectionsOf(served), 1 + SLOW_READERS, 'they are slow, and do nothing wrong')
        for (const socket of slow) socket.destroy()
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
        const { host, port } = served.address
        const peer = spawn(process.execPath, [stoppingPeer, host, String(port)])
        t.after(() => peer.kill('SIGKILL'))
        peer.stdin.end(requests(served, protocol))
        await served.server.until('peer that is stopped', () => isStopped(peer.pid) || null)
        for (let i = 0; i < LOOKS; i++) await client.demandAnswer()
        assert.ok(isStopped(peer.pid))
        peer.kill('SIGCONT')
        await demandAllAnswers[protocol](served, peer.stdout)
        peer.kill('SIGKILL')
        client.close()
        await untilIdle(served)
        await stopServing(served)
      },
    )
  }
}

/** Asks for much, and reads nothing. */
function slowReader(t: TestContext, { address }: ServedBackend, asking: Buffer): Socket {
  const socket = connect({ host: address.host, port: address.port })
  t.after(() => socket.destroy())
  socket.pause()
  socket.on('error', () => {})
  socket.write(asking)
  return socket
}

/** Of HTTP for the largest replies there are; the last is to close the connection. */
function requests(served: ServedBackend, protocol: Protocol): Buffer {
  if (protocol === 'p2p') return Buffer.concat([version, verack, ...nonces.map(ping)])
  const all = Array.from({ length: requestsOf.http - 1 }, () => blockRequest(served))
  return Buffer.concat([...all, blockRequest(served, 'Connection: close\r\n')])
}

const nonces = Array.from({ length: requestsOf.p2p }, (_, i) => 0x5ec4_0000_0000n + BigInt(i))

function blockRequest({ server }: ServedBackend, field = ''): Buffer {
  const target = /\/rest\/block\/\S+/.exec(server.stdout)?.[0]
  return Buffer.from(`GET ${target} HTTP/1.1\r\nHost: a\r\n${field}\r\n`)
}

const demandAllAnswers = { http: demandAllReplies, p2p: demandAllPongs } as const

/** Up to the end of file, as somebody gets them who asks for no more than two. */
async function demandAllReplies(served: ServedBackend, stream: Readable): Promise<void> {
  const replies = repliesIn(await buffer(stream))
  const dialogue = await Dialogue.open(served.address)
  dialogue.send(blockRequest(served))
  dialogue.send(blockRequest(served, 'Connection: close\r\n'))
  await dialogue.until(() => false, LIMIT_MS)
  const [one, last] = repliesIn(dialogue.received)
  dialogue.close()
  assert.deepEqual([one.status, last.status], [200, 200])
  const wrong = replies.findIndex(
    ({ text }, i) => text !== (i < requestsOf.http - 1 ? one : last).text,
  )
  assert.deepEqual([wrong, replies.length], [-1, requestsOf.http])
}

/** Each, in the order of the pings. */
async function demandAllPongs(_: ServedBackend, stream: Readable): Promise<void> {
  const lastNonce = Buffer.from(nonceInHex(nonces[nonces.length - 1]), 'hex')
  const chunks: Buffer[] = []
  for await (const chunk of stream) {
    chunks.push(chunk)
    if (Buffer.concat(chunks.slice(-2)).includes(lastNonce)) break
  }
  const pongs = pongsIn(Buffer.concat(chunks))
  const wrong = pongs.findIndex((nonce, i) => nonce !== nonceInHex(nonces[i]))
  assert.deepEqual([wrong, pongs.length], [-1, nonces.length])
}

function isStopped(pid: number | undefined): boolean {
  return /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}
