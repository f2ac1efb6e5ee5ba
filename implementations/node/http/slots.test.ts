import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FlowLab } from './fixtures/flow-lab.ts'
import { testChainFile } from './fixtures/test-chain-file.ts'
import type { Slot } from './slots.ts'

const { path: chainFile } = testChainFile()
const lab = () => new FlowLab({ workers: 2, chainFile })

test('a memory is announced once, and used by one connection after the other', () => {
  const { slots, announced } = lab()
  const [first, second] = [slots.take(0, 10), slots.take(1, 11)]
  assert.deepEqual(
    announced.map(({ id, buffer }) => [id, buffer]),
    [
      [first.number, first.memory.buffer],
      [second.number, second.memory.buffer],
    ],
  )
  first.receiver.receive(Buffer.from('GET'))
  first.memory.requestCloseWhenSent()
  first.memory.markClosed()
  slots.release(first)
  const third = slots.take(2, 12)
  assert.equal(third, first)
  assert.equal(announced.length, 2)
  const { connectionId, fd, closed, closeWhenSent } = third.memory
  assert.deepEqual([connectionId, fd, closed, closeWhenSent], [2, 12, false, false])
  third.receiver.receive(Buffer.from('GET / HTTP/1.0\r\n\r\n'))
  assert.equal(third.receiver.state, 'complete')
})

const large = {
  'a large body': ({ memory }: Slot) => memory.noteBody((2 << 20) + 1),
  'much queued, little by little': ({ memory: { sending } }: Slot) => {
    for (let queued = 0; queued <= 2 << 20; queued += 1 << 19) sending.append(1 << 19)
    sending.consume(sending.lengthBytes)
  },
}

for (const [what, use] of Object.entries(large)) {
  test(`${what} makes a memory large for good, and it is used again first`, () => {
    const { slots, announced } = lab()
    const [first, second, third] = [slots.take(0, 10), slots.take(1, 11), slots.take(2, 12)]
    use(second)
    for (const slot of [second, first, third]) slots.release(slot)
    for (let id = 3; id < 6; id++) {
      const again = slots.take(id, 10)
      assert.equal(again, second)
      slots.release(again)
    }
    assert.equal(slots.take(6, 10), second)
    assert.equal(slots.take(7, 11), third)
    assert.equal(announced.length, 3)
  })
}
