import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestChain } from '../../implementations/node/fixtures/test-chain.ts'
import { block, headers } from '../behaviour/p2p-messages.ts'
import { messagesIn } from '../behaviour/p2p-messages-in.ts'
import { simulatedBackends } from './differential.ts'
import { onStage, p2pOptions, readAll, type Stage } from './fixtures/stage.ts'
import type { SimulatedPeer } from './simulated-peer.ts'

/** More than the 1,024 blocks of Core's BLOCK_DOWNLOAD_WINDOW. */
const chain = new TestChain(1_100)
const heights = Array.from({ length: chain.tipHeight }, (_, i) => i + 1)
const WITHHELD_HEIGHT = 1
const PIPE_BYTES = 1 << 20
/** Core's BLOCK_STALLING_TIMEOUT_DEFAULT, doubled each time, up to BLOCK_STALLING_TIMEOUT_MAX. */
const TIMEOUTS_MS = [2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 64_000]

for (const backend of simulatedBackends) {
  test(`${backend.name}: who withholds the block that a full window waits for is dropped after 2 s, the next after 4 s, up to 64 s`, () => {
    onStage(backend, p2pOptions, PIPE_BYTES, stage => {
      const peers = [...TIMEOUTS_MS, 'the last'].map(() => new WithholdingPeer(stage.shakeHands()))
      for (const timeoutMs of TIMEOUTS_MS) {
        const sinceMs = settle(stage, peers)
        const id = peers.indexOf(onlyDebtor(peers))

        stage.time.pass(sinceMs + timeoutMs - stage.time.nowMs)
        stage.handle()
        assert.deepEqual(reasonsToDrop(stage, id), [], `after ${timeoutMs} ms`)
        stage.time.pass(1)
        stage.handle()
        assert.deepEqual(reasonsToDrop(stage, id), [`stalled the download for ${timeoutMs} ms`])
        stage.iterate()
        assert.deepEqual(stage.calls(`connection ${id}`), ['close 0'])
      }
      settle(stage, peers)
      const last = onlyDebtor(peers)
      last.give(WITHHELD_HEIGHT)
      settle(stage, peers)
      assert.equal(last.peer.state, 'open')
      const given = peers.flatMap(peer => peer.given)
      assert.deepEqual(
        given.sort((a, b) => a - b),
        heights,
        'every block, once',
      )
    })
  })
}

/** One that has the whole chain, and gives every block it is asked for but one. */
class WithholdingPeer {
  readonly peer: SimulatedPeer
  readonly given: number[] = []
  isAskedForWithheld = false
  private heard = 0

  constructor(peer: SimulatedPeer) {
    this.peer = peer
  }

  respond(): void {
    readAll(this.peer)
    const messages = messagesIn(this.peer.received).slice(this.heard)
    this.heard += messages.length
    for (const { type, payload } of messages) {
      if (type === 'getheaders') this.peer.say(headers(chain.headersAfter(payload)))
      if (type !== 'getdata') continue
      for (const height of chain.heightsIn(payload)) {
        if (height === WITHHELD_HEIGHT) this.isAskedForWithheld = true
        else this.give(height)
      }
    }
  }

  give(height: number): void {
    this.given.push(height)
    this.peer.say(block(chain.blocks[height]))
  }
}

/** All of them answer, until nothing happens any more. @returns when the last thing happened */
function settle(stage: Stage, peers: readonly WithholdingPeer[]): number {
  let lastMs = stage.time.nowMs
  for (let cycle = 0; cycle < MAX_CYCLES; cycle++) {
    const before = countOfCalls(stage)
    for (const peer of peers) peer.respond()
    stage.cycle()
    if (countOfCalls(stage) === before) return lastMs
    lastMs = stage.time.nowMs
  }
  assert.fail('does not come to rest')
}

const MAX_CYCLES = 1_000

function countOfCalls({ network }: Stage): number {
  return [...network.calls.values()].reduce((sum, { length }) => sum + length, 0)
}

/** The block is asked of one peer at a time. */
function onlyDebtor(peers: readonly WithholdingPeer[]): WithholdingPeer {
  const [debtor, ...others] = peers.filter(
    ({ peer, isAskedForWithheld }) => isAskedForWithheld && peer.state === 'open',
  )
  assert.ok(debtor)
  assert.deepEqual(others, [])
  return debtor
}

function reasonsToDrop({ service }: Stage, connection: number): string[] {
  return service.events.flatMap(event =>
    event.kind === 'peer-disconnected' && event.id === connection ? [event.reason] : [],
  )
}
