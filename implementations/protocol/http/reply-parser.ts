import { MAX_HEADERS_BYTES } from './limits.ts'
import { Errno, Llhttp, type MessageEvents, MessageType, Next, PIECE_BYTES } from './llhttp.ts'

export interface ReplyParserOptions {
  /** Where each body is put, from the start; a longer one is `too-large`. Shared memory will do. */
  body: Uint8Array
  /** For the head of a reply, interim replies included. */
  maxHeaderBytes?: number
}

/**
 * The replies on one connection, one after the other; strict, with llhttp. Interim replies (1xx)
 * are skipped. Not for replies to HEAD or CONNECT, whose length depends on the request.
 *
 * ```ts
 * const n = sock.recv(bytes)
 * if (n === 0) parser.finish()
 * else parser.execute(bytes, 0, n)
 * ```
 */
export class ReplyParser implements MessageEvents {
  /** `too-large` once more has come than fits. */
  state: 'incomplete' | 'complete' | 'invalid' | 'too-large' = 'incomplete'

  /** Of a complete reply. */
  status = 0
  /** Length of what is now at the start of the body memory. */
  bodyLength = 0
  /** Of a complete reply: whether the connection can be used again. */
  keepAlive = false
  /** Of an invalid or too large reply: what is wrong with it, in a few words. */
  reason = ''

  private readonly llhttp: Llhttp
  private readonly body: Uint8Array
  private readonly maxHeaderBytes: number

  /** The head is over with its last line, an interim one's with that of the reply itself. */
  private part: 'head' | 'rest' = 'head'
  /** Interim replies included, without the piece that is being parsed. */
  private receivedBytes = 0

  constructor({ body, maxHeaderBytes = MAX_HEADERS_BYTES }: ReplyParserOptions) {
    this.body = body
    this.maxHeaderBytes = maxHeaderBytes
    this.llhttp = new Llhttp(MessageType.reply, this)
  }

  /**
   * Consumes `bytes[from … to)`, or less: up to the end of the current reply. Bytes behind an error
   * are consumed and ignored.
   * @returns how many bytes were consumed
   * @throws if the current reply is complete: it stays the current one until `next`
   */
  execute(bytes: Uint8Array, from = 0, to = bytes.length): number {
    if (this.state === 'complete') throw new Error('the reply is complete: call next() first')
    let at = from
    while (at < to && this.state === 'incomplete') at += this.parse(bytes, at, to)
    const ignored = this.state === 'invalid' || this.state === 'too-large'
    return (ignored ? to : at) - from
  }

  /** The server has closed: that completes a body without a length, and nothing else. */
  finish(): void {
    if (this.state !== 'incomplete') return
    const errno = this.llhttp.finish()
    if (errno === Errno.ok || errno === Errno.paused) this.refuseUnlessComplete()
    else this.refuse('invalid', 'closed in the middle of a reply')
  }

  /** Ready for the next reply on the same connection, or the first of another one. */
  next(): void {
    this.llhttp.reset()
    this.state = 'incomplete'
    this.status = 0
    this.bodyLength = 0
    this.part = 'head'
    this.receivedBytes = 0
  }

  /** Gives its memory back; it must not be used any more. */
  free(): void {
    this.llhttp.free()
  }

  private parse(bytes: Uint8Array, from: number, to: number): number {
    const room = this.part === 'rest' ? PIECE_BYTES : this.maxHeaderBytes - this.receivedBytes
    const errno = this.llhttp.execute(bytes, from, Math.min(to, from + Math.min(room, PIECE_BYTES)))
    this.receivedBytes += this.llhttp.consumedBytes
    if (errno === Errno.ok || errno === Errno.paused) this.checkHeadLimit()
    else if (this.state === 'incomplete') this.refuse('invalid', this.llhttp.errorReason)
    return this.llhttp.consumedBytes
  }

  private checkHeadLimit(): void {
    if (this.part === 'rest' || this.receivedBytes < this.maxHeaderBytes) return
    this.refuse('too-large', `headers over ${this.maxHeaderBytes} bytes`)
  }

  private refuseUnlessComplete(): void {
    if (this.state === 'incomplete') this.refuse('invalid', 'closed without a reply')
  }

  private refuse(state: 'invalid' | 'too-large', reason: string): Next {
    this.state = state
    this.reason = reason
    return Next.stop
  }

  // What llhttp calls.

  onTarget(): Next {
    return Next.proceed
  }

  onHeaderField(): Next {
    return Next.proceed
  }

  onHeaderValue(): Next {
    return Next.proceed
  }

  onHeadersComplete(statusCode: number, keepAlive: boolean): Next {
    if (statusCode === 101) return this.refuse('invalid', 'the server switches protocols unasked')
    this.part = statusCode < 200 ? 'head' : 'rest'
    this.status = statusCode
    this.keepAlive = keepAlive
    return Next.proceed
  }

  onBody(memory: Buffer, at: number, length: number): Next {
    if (this.bodyLength + length > this.body.length) {
      return this.refuse('too-large', `body over ${this.body.length} bytes`)
    }
    this.body.set(memory.subarray(at, at + length), this.bodyLength)
    this.bodyLength += length
    return Next.proceed
  }

  onMessageComplete(): Next {
    if (this.part === 'head') return Next.proceed
    this.state = 'complete'
    return Next.pause
  }
}
