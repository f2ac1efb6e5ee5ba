import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testChainFile } from '../../implementations/node/http/fixtures/test-chain-file.ts'
import { repliesIn } from '../behaviour/http-replies.ts'
import { plainRequest } from '../behaviour/http-requests.ts'
import { simulatedBackends } from './differential.ts'
import { httpOptions, onStage, readAll } from './fixtures/stage.ts'
import type { SimulatedPeer } from './simulated-peer.ts'

const PIPE_BYTES = 1 << 16
/** Core's DEFAULT_HTTP_WORKQUEUE. */
const WORK_QUEUE_DEPTH = 64
const options = httpOptions(testChainFile().path)

for (const backend of simulatedBackends) {
  test(`${backend.name}, HTTP: 64 requests wait for a handler, the next is refused with 503 and stays`, () => {
    onStage(backend, options, PIPE_BYTES, stage => {
      const waiting = Array.from({ length: WORK_QUEUE_DEPTH }, () => stage.connectPeer())
      const next = stage.connectPeer()
      const all = [...waiting, next]
      for (let i = 0; i < all.length; i++) stage.iterate()
      for (const client of all) client.say(plainRequest.bytes)
      stage.iterate()
      assert.deepEqual(all.map(statusesOf), [...waiting.map(() => []), [503]])

      stage.handle()
      next.say(plainRequest.bytes)
      stage.cycle()
      assert.deepEqual(all.map(statusesOf), [...waiting.map(() => [200]), [503, 200]])
    })
  })
}

function statusesOf(client: SimulatedPeer): number[] {
  readAll(client)
  return repliesIn(client.received).map(({ status }) => status)
}
