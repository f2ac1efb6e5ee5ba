import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FlowLab } from './fixtures/flow-lab.ts'
import { testChainFile } from './fixtures/test-chain-file.ts'

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

test('a memory of which much was used is given up, and its number goes to a new one', () => {
  const { slots, announced } = lab()
  const first = slots.take(0, 10)
  first.memory.noteUse(3 << 20)
  slots.release(first)
  const second = slots.take(1, 11)
  assert.equal(second.number, first.number)
  assert.notEqual(second.memory.buffer, first.memory.buffer)
  assert.equal(announced.length, 2)
})
