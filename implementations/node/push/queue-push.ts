import { NO_EXTENSION, SV2_HEADER_SIZE, writeFrame } from '../../protocol/sv2/frame.ts'
import type { PushMessage } from '../../protocol/sv2/messages/push-message.ts'
import type { SendQueue } from '../../threads/send-queue.ts'

/** Serialises a stamped message behind what is queued. @returns false when the queue is full */
export function queuePush(sending: SendQueue, { messageType, payload }: PushMessage): boolean {
  const frameLength = SV2_HEADER_SIZE + payload.length
  const room = sending.reserve(frameLength)
  if (room === undefined) return false
  writeFrame(room, 0, NO_EXTENSION, messageType, payload)
  sending.append(frameLength, messageType)
  return true
}
