import { continueReply, replyHeadLength, writeReplyHead } from '../../protocol/http/reply.ts'
import type { HttpConnectionMemory } from '../../threads/http-connection-memory.ts'
import { errorReplyOf } from './error-reply.ts'
import type { Reply } from './routes.ts'

/** A reply, and what its request had asked for. */
export interface OutgoingReply extends Reply {
  /** Whether the connection stays open behind it. */
  keepAlive: boolean
  /** Of the request. */
  versionMinor: number
  /** The request was HEAD: the body is described and not sent. */
  headOnly: boolean
}

/**
 * Puts a reply behind what is queued; under `sendMutex`. One that does not fit becomes 500, the last of
 * the connection. @returns false when not even that does
 */
export function queueReply(memory: HttpConnectionMemory, reply: OutgoingReply): boolean {
  if (append(memory, reply)) return true
  return append(memory, { ...reply, ...errorReplyOf(500), keepAlive: false })
}

function append(memory: HttpConnectionMemory, reply: OutgoingReply): boolean {
  const { body, headOnly, status, contentType, keepAlive, versionMinor } = reply
  const head = { status, contentType, bodyLength: body.length, keepAlive, versionMinor }
  const headLength = replyHeadLength(head)
  const replyLength = headOnly ? headLength : headLength + body.length
  const room = memory.sending.reserve(replyLength)
  if (room === undefined) return false
  writeReplyHead(room, 0, head)
  if (!headOnly) room.set(body, headLength)
  memory.sending.append(replyLength, status)
  if (!keepAlive) memory.requestCloseWhenSent()
  return true
}

/** Asks for the rest of a request. By the socket thread, whose next poll(2) asks for SEND then. */
export function queueContinue({ sendMutex, sending }: HttpConnectionMemory): void {
  sendMutex.lock()
  const room = sending.reserve(CONTINUE.length)
  if (room !== undefined) {
    room.set(CONTINUE)
    sending.append(CONTINUE.length, 100)
  }
  sendMutex.unlock()
}

const CONTINUE = continueReply()
