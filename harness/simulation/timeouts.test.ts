import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testChainFile } from '../../implementations/node/http/fixtures/test-chain-file.ts'
import { repliesIn } from '../behaviour/http-replies.ts'
import { plainRequest } from '../behaviour/http-requests.ts'
import { headers, ping, version } from '../behaviour/p2p-messages.ts'
import { simulatedBackends } from './differential.ts'
import { httpOptions, onStage, p2pOptions, readAll, type Stage } from './fixtures/stage.ts'
import type { SimulatedPeer } from './simulated-peer.ts'

const PIPE_BYTES = 1 << 16
const POLL_MS = 50
const HANDSHAKE_MS = 60_000
const INACTIVITY_MS = 20 * 60_000
const http = httpOptions(testChainFile().path)
const IDLE_MS = http.idleTimeoutMs
const SECOND_MS = 1_000
/** Longer than any client would wait, and than any timeout of HTTP. */
const SLOW_HANDLER_MS = 600_000

const nothing = () => {}
const unfinished = {
  'nothing at all': '',
  'headers without an end': 'GET / HTTP/1.1\r\nHost: a\r\n',
  'half a body': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab',
}

for (const backend of simulatedBackends) {
  for (const [what, request] of Object.entries(unfinished)) {
    test(`${backend.name}, HTTP: ${what} is waited for 30 s`, () => {
      onStage(backend, http, PIPE_BYTES, stage => {
        const client = stage.connectPeer()
        stage.iterate()
        client.say(Buffer.from(request))
        assert.equal(closedAtMs(stage, client, nothing), IDLE_MS)
        assert.equal(client.received.length, 0)
      })
    })
  }

  test(`${backend.name}, HTTP: a byte now and then does not prolong it`, () => {
    onStage(backend, http, PIPE_BYTES, stage => {
      const client = stage.connectPeer()
      stage.iterate()
      client.say(Buffer.from('GET / HTTP/1.1\r\nX: '))
      const atMs = closedAtMs(stage, client, nowMs => {
        if (nowMs % SECOND_MS === 0) client.say(Buffer.from('x'))
      })
      assert.equal(atMs, IDLE_MS)
    })
  })

  test(`${backend.name}, HTTP: between requests a connection may rest for 30 s`, () => {
    onStage(backend, http, PIPE_BYTES, stage => {
      const client = stage.connectPeer()
      stage.iterate()
      const atMs = closedAtMs(stage, client, nowMs => {
        if (nowMs === 20 * SECOND_MS || nowMs === 45 * SECOND_MS) client.say(plainRequest.bytes)
      })
      assert.equal(atMs, 45 * SECOND_MS + IDLE_MS)
      assert.deepEqual(statusesOf(client), [200, 200])
    })
  })

  test(`${backend.name}, HTTP: a slow handler is not cut off`, () => {
    onStage(backend, http, PIPE_BYTES, stage => {
      const client = stage.connectPeer()
      stage.iterate()
      client.say(plainRequest.bytes)
      stage.iterate()
      for (let polls = 0; polls < SLOW_HANDLER_MS / POLL_MS; polls++) stage.iterate()
      readAll(client)
      assert.equal(client.state, 'open')
      assert.equal(client.received.length, 0)
      stage.handle()
      assert.equal(closedAtMs(stage, client, nothing), SLOW_HANDLER_MS + IDLE_MS)
      assert.deepEqual(statusesOf(client), [200])
    })
  })

  for (const [what, said] of [
    ['no version', new Uint8Array(0)],
    ['no verack', version],
  ] as const) {
    test(`${backend.name}, P2P: ${what} within 60 s, and the peer is disconnected`, () => {
      onStage(backend, p2pOptions, PIPE_BYTES, stage => {
        const peer = stage.connectPeer()
        stage.iterate()
        peer.say(said)
        const atMs = closedAtMs(stage, peer, nowMs => {
          if (nowMs % SECOND_MS === 0) peer.say(ping(1n))
        })
        assert.equal(atMs, HANDSHAKE_MS + POLL_MS)
      })
    })
  }

  test(`${backend.name}, P2P: a peer that says nothing for 20 minutes is disconnected`, () => {
    const lastWordMs = 60 * SECOND_MS
    onStage(backend, p2pOptions, PIPE_BYTES, stage => {
      const peer = stage.shakeHands()
      peer.say(headers())
      const atMs = closedAtMs(stage, peer, nowMs => {
        if (nowMs === lastWordMs) peer.say(ping(1n))
      })
      assert.equal(atMs, lastWordMs + INACTIVITY_MS + POLL_MS)
    })
  })
}

/**
 * Lets polls time out until the peer is closed.
 * @param meanwhile once for each moment
 * @returns when the iteration that closed it began
 */
function closedAtMs(stage: Stage, peer: SimulatedPeer, meanwhile: (nowMs: number) => void): number {
  let beforeMs = -1
  for (let polls = 0; polls < MAX_POLLS; polls++) {
    const { nowMs } = stage.time
    if (nowMs > beforeMs) meanwhile(nowMs)
    beforeMs = nowMs
    stage.cycle()
    readAll(peer)
    if (peer.state !== 'open') return nowMs
  }
  assert.fail('it was never closed')
}

/** Twice as many as the longest of the timeouts takes. */
const MAX_POLLS = (2 * INACTIVITY_MS) / POLL_MS

function statusesOf(client: SimulatedPeer): number[] {
  return repliesIn(client.received).map(({ status }) => status)
}
