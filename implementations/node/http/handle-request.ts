import { type HttpConnectionMemory, httpMethods } from '../../threads/http-connection-memory.ts'
import { inboundMessage, traceInboundMessage, UNNUMBERED } from '../../threads/message-points.ts'
import type { ChainStore } from './chain-store.ts'
import { errorReplyOf } from './error-reply.ts'
import type { OutgoingReply } from './queue-reply.ts'
import type { RequestHandler } from './routes.ts'

/** The reply to the request in `memory`. A handler that throws is 500, and ends the connection. */
export function replyTo(
  memory: HttpConnectionMemory,
  store: ChainStore,
  handle: RequestHandler,
): OutgoingReply {
  const { method, target, bodyLength, keepAlive, versionMinor } = memory.request
  const headOnly = method === 'HEAD'
  if (inboundMessage.hasSubscribers) {
    traceInboundMessage(memory, UNNUMBERED, httpMethods.indexOf(method), bodyLength)
  }
  try {
    const requestBody = bodyLength === 0 ? NO_BODY : memory.body.subarray(0, bodyLength)
    const { status, contentType, body } = handle(store, { method, target, body: requestBody })
    // Written out: a spread would cost several times as much as everything else here.
    return { status, contentType, body, keepAlive, versionMinor, headOnly }
  } catch {
    return { ...errorReplyOf(500), keepAlive: false, versionMinor, headOnly }
  }
}

const NO_BODY = new Uint8Array(0)
