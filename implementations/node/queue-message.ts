import { HEADER_SIZE, REGTEST_MAGIC } from '../protocol/p2p/constants.ts'
import { writeFrame } from '../protocol/p2p/frame.ts'
import type { MessageType } from '../protocol/p2p/message-type.ts'
import type { SendQueue } from '../threads/send-queue.ts'

/** Serialises a message behind what is queued. @returns false when the queue is full */
export function queueMessage(sending: SendQueue, type: MessageType, payload: Uint8Array): boolean {
  const frameLength = HEADER_SIZE + payload.length
  const room = sending.reserve(frameLength)
  if (room === undefined) return false
  writeFrame(room, 0, REGTEST_MAGIC, type, payload)
  sending.append(frameLength, type)
  return true
}
