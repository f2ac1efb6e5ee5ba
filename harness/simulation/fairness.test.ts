import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testChainFile } from '../../implementations/node/http/fixtures/test-chain-file.ts'
import { ping, unknownMessage } from '../behaviour/p2p-messages.ts'
import { nonceInHex, pongsIn } from '../behaviour/p2p-messages-in.ts'
import { simulatedBackends } from './differential.ts'
import { httpOptions, onStage, p2pOptions, readAll } from './fixtures/stage.ts'

const PIPE_BYTES = 1 << 20
const HEADER_BYTES = 24
const JUNK_BYTES = 200_000

/** A message of 200,000 bytes that is received whole, and what the service does with it does not matter. */
const protocols = [
  { options: p2pOptions, message: unknownMessage(JUNK_BYTES - HEADER_BYTES) },
  { options: httpOptions(testChainFile().path), message: postOf(JUNK_BYTES) },
]

for (const backend of simulatedBackends) {
  for (const { options, message } of protocols) {
    const named = `${backend.name}, ${options.protocol}`

    test(`${named}: an iteration accepts one connection, and sets TCP_NODELAY on it`, () => {
      onStage(backend, options, PIPE_BYTES, stage => {
        for (let i = 0; i < 3; i++) stage.connectPeer()
        const accepts = [0, 1, 2, 3].map(() => {
          stage.iterate()
          return stage.calls('listener')
        })
        assert.deepEqual(accepts, [['polled for RECV', 'accept 0'], ['accept 0'], ['accept 0'], []])
        for (const i of [0, 1, 2]) {
          const [first, then] = stage.network.calls.get(`connection ${i}`) ?? []
          assert.equal(first, `step ${i + 1}: set TCP_NODELAY to 1: 0`)
          assert.equal(then, `step ${i + 2}: polled for RECV`)
        }
      })
    })

    test(`${named}: an iteration receives once from each connection, 64 KiB at most`, () => {
      onStage(backend, options, PIPE_BYTES, stage => {
        const peers = [stage.connectPeer(), stage.connectPeer()]
        for (let i = 0; i < 3; i++) stage.iterate()
        for (const peer of peers) peer.say(message)
        for (const bytes of [65_536, 65_536, 65_536, 3_392]) {
          stage.iterate()
          assert.deepEqual(stage.calls('connection 0'), [`recv ${bytes}`])
          assert.deepEqual(stage.calls('connection 1'), [`recv ${bytes}`])
        }
      })
    })
  }

  test(`${backend.name}: a pass handles one message of each peer, however many another has`, () => {
    onStage(backend, p2pOptions, PIPE_BYTES, stage => {
      const peers = [stage.shakeHands(), stage.shakeHands()]
      const [flooder, other] = peers
      const nonces = Array.from({ length: 100 }, (_, i) => BigInt(i + 1))
      flooder.say(Buffer.concat(nonces.map(ping)))
      other.say(ping(7n))
      stage.iterate()
      stage.service.pass()
      for (const peer of peers) readAll(peer)
      assert.deepEqual(pongsIn(flooder.received), [nonceInHex(1n)])
      assert.deepEqual(pongsIn(other.received), [nonceInHex(7n)])
    })
  })
}

function postOf(bytes: number): Buffer {
  const headOf = (length: number) =>
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`
  const bodyBytes = bytes - headOf(bytes).length
  return Buffer.from(headOf(bodyBytes).padEnd(bytes, 'x'))
}
