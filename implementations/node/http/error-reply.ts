import { errorReply, type ReplyStatus } from '../../protocol/http/reply.ts'
import type { Reply } from './routes.ts'

/** The status in words. */
export function errorReplyOf(status: ReplyStatus): Reply {
  const { body } = errorReply(status, { keepAlive: false, versionMinor: 1 })
  return { status, contentType: 'text/plain', body }
}
