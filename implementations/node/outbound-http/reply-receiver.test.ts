import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ThreadCounters } from '../../threads/counters.ts'
import { OutboundHttpMemory } from '../../threads/outbound-http-memory.ts'
import { ReplyReceiver } from './reply-receiver.ts'

const reply = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')

test('a reply to nothing ends the connection, and is no reply to the next request', () => {
  const memory = OutboundHttpMemory.create(0, { requestBytes: 100, maxReplyBytes: 100 })
  memory.open(0, 9)
  const receiver = new ReplyReceiver(memory, true, ThreadCounters.create().counts)
  memory.awaitReply()
  assert.equal(receiver.gotData(reply), 'complete')
  assert.equal(memory.replyEnd?.ending, 'reply')

  assert.equal(receiver.gotData(reply.subarray(0, 10)), 'over')
  memory.awaitReply()
  assert.equal(memory.replyEnd, undefined)
  assert.equal(receiver.gotData(reply), 'complete', 'the ten bytes are no part of it')
})
