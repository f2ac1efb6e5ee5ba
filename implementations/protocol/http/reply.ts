/** What a reply's head says. */
export interface ReplyHead {
  status: ReplyStatus
  contentType: string
  /** `Content-Length`, also of a body that is not sent, as in the reply to a HEAD request. */
  bodyLength: number
  /** Whether the connection stays open after this reply. */
  keepAlive: boolean
  /** Of the request: in HTTP/1.0 staying open must be said, in HTTP/1.1 closing. */
  versionMinor: number
}

/** RFC 9110, 15. */
const reasonPhrases = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'HTTP Version Not Supported',
} as const

export type ReplyStatus = keyof typeof reasonPhrases

/** RFC 9110, 15.5.6 wants it in a 405: the methods that this project's routes serve. */
const ALLOW = 'Allow: GET, POST\r\n'

/**
 * Writes a reply's head to `into[at …)`, which must have room for it. All but the length is encoded
 * once per thread for each kind of head. There is no Date field: RFC 9110, 6.6.1 wants one of a
 * server with a clock, and it would be a clock read that is no part of the comparison.
 * @returns where the head ends
 */
export function writeReplyHead(into: Uint8Array, at: number, head: ReplyHead): number {
  const prefix = prefixOf(head)
  into.set(prefix, at)
  return writeLength(into, at + prefix.length, head.bodyLength)
}

/** A reply's head in memory of its own. */
export function replyHead(head: ReplyHead): Uint8Array {
  const bytes = new Uint8Array(replyHeadLength(head))
  writeReplyHead(bytes, 0, head)
  return bytes
}

/** In bytes. */
export function replyHeadLength(head: ReplyHead): number {
  return prefixOf(head).length + digitCount(head.bodyLength) + '\r\n\r\n'.length
}

/** A reply with the status in words as its body. To a HEAD request only the head is sent. */
export function errorReply(
  status: ReplyStatus,
  { keepAlive, versionMinor }: Pick<ReplyHead, 'keepAlive' | 'versionMinor'>,
): { head: Uint8Array; body: Uint8Array } {
  const body = encoder.encode(`${status} ${reasonPhrases[status]}\n`)
  const bodyLength = body.length
  const head = { status, contentType: 'text/plain', bodyLength, keepAlive, versionMinor }
  return { head: replyHead(head), body }
}

/** Sent to a client that waits for it before it sends the body (RFC 9110, 10.1.1). */
export function continueReply(): Uint8Array {
  return encoder.encode('HTTP/1.1 100 Continue\r\n\r\n')
}

const encoder = new TextEncoder()

/** Everything before the digits of the length, by content type, then by status and connection. */
const prefixes = new Map<string, Uint8Array[]>()

function prefixOf(head: ReplyHead): Uint8Array {
  let ofType = prefixes.get(head.contentType)
  if (ofType === undefined) {
    ofType = []
    prefixes.set(head.contentType, ofType)
  }
  const kind = head.keepAlive ? (head.versionMinor === 0 ? 1 : 2) : 0
  const index = head.status * 3 + kind
  ofType[index] ??= encoder.encode(
    `HTTP/1.1 ${head.status} ${reasonPhrases[head.status]}\r\n` +
      ['Connection: close\r\n', 'Connection: keep-alive\r\n', ''][kind] +
      (head.status === 405 ? ALLOW : '') +
      `Content-Type: ${head.contentType}\r\nContent-Length: `,
  )
  return ofType[index]
}

function writeLength(into: Uint8Array, at: number, length: number): number {
  const end = at + digitCount(length)
  let rest = length
  for (let i = end - 1; i >= at; i -= 1) {
    into[i] = DIGIT_0 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
  into[end] = into[end + 2] = CR
  into[end + 1] = into[end + 3] = LF
  return end + 4
}

function digitCount(length: number): number {
  let count = 1
  for (let power = 10; power <= length; power *= 10) count += 1
  return count
}

const CR = 0x0d
const LF = 0x0a
const DIGIT_0 = 0x30
