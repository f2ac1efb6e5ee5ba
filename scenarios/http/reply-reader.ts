import { type ExpectedReply, ReplyComparison } from './expected-reply.ts'

/** What the bytes of a reply came to so far. */
export type ReplyProgress =
  | { state: 'incomplete' }
  | { state: 'complete' }
  | { state: 'wrong'; reason: string }

const incomplete: ReplyProgress = { state: 'incomplete' }
const complete: ReplyProgress = { state: 'complete' }

/** What has no end of a head after so much is taken for no head at all. */
const MAX_HEAD_BYTES = 8192
const END_OF_HEAD = '\r\n\r\n'
const STATUS_LINE = /^HTTP\/1\.1 (\d{3})(?: |\r\n)/
const CONTENT_LENGTH = /\r\ncontent-length:[ \t]*(\d+)[ \t]*(?=\r\n)/gi

/**
 * Reads the replies of one connection from bytes as they arrive, and compares them. It knows only
 * what a load needs: one request in flight, HTTP/1.1, and bodies with a content-length.
 *
 *     head -> body -> head -> ...      (`complete` at the end of each body)
 */
export class ReplyReader {
  readonly #comparison: ReplyComparison
  /** The start of a head whose end has not come, and which is not compared yet. */
  #head: Buffer = Buffer.alloc(0)
  #part: 'head' | 'body' = 'head'

  constructor(expected: ExpectedReply) {
    this.#comparison = new ReplyComparison(expected)
  }

  /** @param received is read now and not kept */
  read(received: Buffer): ReplyProgress {
    return this.#part === 'head' ? this.#readHead(received) : this.#readBody(received)
  }

  /** How far the current reply has come, for a message about its loss. */
  get progress(): string {
    if (this.#part === 'body') return this.#comparison.progress
    return this.#head.length > 0 ? 'a part of its head had come' : 'nothing of it had come'
  }

  #readHead(received: Buffer): ReplyProgress {
    const head = this.#head.length > 0 ? Buffer.concat([this.#head, received]) : received
    const end = head.indexOf(END_OF_HEAD)
    if (end < 0) {
      if (head.length > MAX_HEAD_BYTES) return wrong(`no head within ${MAX_HEAD_BYTES} bytes`)
      this.#head = Buffer.from(head)
      return incomplete
    }
    this.#head = Buffer.alloc(0)
    const bodyStart = end + END_OF_HEAD.length
    const reason = this.#compareHead(head.toString('latin1', 0, bodyStart))
    if (reason) return wrong(reason)
    this.#part = 'body'
    return this.#readBody(head.subarray(bodyStart))
  }

  #compareHead(head: string): string | undefined {
    const status = STATUS_LINE.exec(head)
    if (!status) return 'it does not begin with an HTTP/1.1 status line'
    const lengths = [...head.matchAll(CONTENT_LENGTH)]
    return (
      this.#comparison.compareStatus(Number(status[1])) ??
      (lengths.length === 1
        ? this.#comparison.compareLength(Number(lengths[0][1]))
        : `${lengths.length} content-lengths instead of 1`)
    )
  }

  #readBody(received: Buffer): ReplyProgress {
    const { missingBytes } = this.#comparison
    const extraBytes = received.length - missingBytes
    const reason = this.#comparison.compareBody(
      extraBytes > 0 ? received.subarray(0, missingBytes) : received,
    )
    if (reason) return wrong(reason)
    if (extraBytes < 0) return incomplete
    if (extraBytes > 0) return wrong(`${extraBytes} bytes follow it that nobody asked for`)
    this.#comparison.compareEnd()
    this.#part = 'head'
    return complete
  }
}

function wrong(reason: string): ReplyProgress {
  return { state: 'wrong', reason }
}
