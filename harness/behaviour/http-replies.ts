import { ReplyParser } from '../../implementations/protocol/http/reply-parser.ts'

export interface HttpReply {
  status: number
  /** Head and body, without what differs from moment to moment. */
  text: string
}

/**
 * The replies in what a server has sent on one connection; the last may be cut off, and has no status then.
 * Interim replies are left out: whether one is sent depends on when the body arrives.
 * @param isHeadOnly whether the reply at a place, from 0, is to HEAD and so has no body
 */
export function repliesIn(
  received: Buffer,
  isHeadOnly: (place: number) => boolean = () => false,
): HttpReply[] {
  const replies: HttpReply[] = []
  for (let from = 0; from < received.length; ) {
    const rest = received.subarray(from)
    const { status, length } = isHeadOnly(replies.length) ? headIn(rest) : wholeReplyIn(rest)
    replies.push({ status, text: steadyPartOf(rest.toString('latin1', 0, length)) })
    from += length
  }
  return replies
}

/** Of a reply that is whole and has a length. */
export function bodyOf({ text }: HttpReply): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4)
}

interface Extent {
  status: number
  length: number
}

function wholeReplyIn(bytes: Buffer): Extent {
  const parser = new ReplyParser({ body: Buffer.alloc(bytes.length) })
  try {
    const length = parser.execute(bytes)
    // The server has closed, or it is as if it had: nothing more is read.
    if (parser.state === 'incomplete') parser.finish()
    const complete = parser.state === 'complete'
    return { status: complete ? parser.status : Number.NaN, length }
  } finally {
    parser.free()
  }
}

function headIn(bytes: Buffer): Extent {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return { status: Number.NaN, length: bytes.length }
  const status = /^HTTP\/1\.[01] ([0-9]{3}) /.exec(bytes.toString('latin1', 0, end))?.[1]
  return { status: Number(status), length: end + 4 }
}

function steadyPartOf(text: string): string {
  return text.replace(/^Date: .*\r\n/im, '').replace(/^(HTTP\/1\.1 100 .*\r\n\r\n)+/, '')
}
