import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backends } from '../../implementations/registry.ts'
import { P2pStage } from './p2p-stage.ts'

const stepped = backends.filter(({ protocols }) => protocols.p2p?.onSocketThread.loop === 'poll')

/** What one cycle counts: an iteration with a ping on every connection, and the pass that answers. */
function countsOfCycle(stage: P2pStage) {
  const before = stage.counts
  stage.offerPings()
  stage.iterate()
  const between = stage.counts
  stage.pass()
  const after = stage.counts
  return {
    collections: after.collections - before.collections,
    lookupsPerEvent: (between.socketLookups - before.socketLookups) / stage.connections,
    lookupsPerSend: (after.handlerLookups - between.handlerLookups) / stage.connections,
  }
}

const expected = {
  direct: { collections: 2, lookupsPerEvent: 1, lookupsPerSend: 0 },
  // Polled: three nodes by id, one id by socket; received: a connection and a node by id.
  'virtual-sockman': { collections: 3, lookupsPerEvent: 6, lookupsPerSend: 1 },
  'devirtualized-sockman': { collections: 2, lookupsPerEvent: 0, lookupsPerSend: 0 },
}

test('every backend with a loop of poll(2) can be stepped', () => {
  assert.deepEqual(
    stepped.map(({ name }) => name),
    Object.keys(expected),
  )
})

for (const backend of stepped) {
  for (const connections of [1, 8, 125]) {
    test(`${backend.name} with ${connections} connections looks up and makes what its structure says`, () => {
      const stage = new P2pStage(backend, connections)
      assert.deepEqual(countsOfCycle(stage), expected[backend.name as keyof typeof expected])
    })
  }

  test(`${backend.name} finds nothing to handle where nothing was received`, () => {
    const stage = new P2pStage(backend, 3)
    const before = stage.counts.handlerLookups
    stage.iterate()
    stage.pass()
    assert.equal(stage.counts.handlerLookups, before)
  })
}

test('a backend without such a loop is refused by name', () => {
  const floor = backends.find(({ name }) => name === 'floor')
  assert.ok(floor)
  assert.throws(() => new P2pStage(floor, 1), /floor has no loop of poll\(2\)/)
})
