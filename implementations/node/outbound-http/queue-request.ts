import type { SendQueue } from '../../threads/send-queue.ts'

/** Puts a request behind what is queued; under `sendMutex`. */
export function queueRequest(sending: SendQueue, request: Uint8Array): void {
  const room = sending.reserve(request.length)
  // One request of a connection is in flight, and the queue is empty when it may be followed.
  if (room === undefined) throw new Error(`no room for a request of ${request.length} bytes`)
  room.set(request)
  sending.append(request.length)
}
