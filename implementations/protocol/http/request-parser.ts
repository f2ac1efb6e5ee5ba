import { MAX_HEADERS_BYTES } from './limits.ts'
import { Errno, Llhttp, type MessageEvents, MessageType, Next, PIECE_BYTES } from './llhttp.ts'
import { RequestFields } from './request-fields.ts'

/** What an invalid request is answered with before the connection is closed. */
export type RefusalStatus = 400 | 405 | 413 | 414 | 417 | 431 | 501 | 505

export interface RequestParserOptions {
  /** Where each body is put, from the start; a longer one is refused. Shared memory will do. */
  body: Uint8Array
  maxHeaderBytes?: number
}

/**
 * The requests of one connection, one after the other. llhttp follows RFC 9112 strictly; what it
 * leaves to its user is judged here: the limits, exactly one Host (RFC 9112, 3.2), no transfer
 * coding but chunked and none in HTTP/1.0 (6.1), no line end but CRLF (2.2), and no tunnels: CONNECT
 * is refused and an Upgrade field ignored (RFC 9110, 7.8).
 *
 * ```ts
 * from += parser.execute(bytes, from, to)
 * if (parser.state === 'complete') {
 *   serve(parser.method, parser.target, body.subarray(0, parser.bodyLength))
 *   parser.next()                              // the rest is the next request's
 * } else if (parser.state === 'invalid') {
 *   refuse(parser.status)                      // and close
 * }
 * ```
 */
export class RequestParser implements MessageEvents {
  state: 'incomplete' | 'complete' | 'invalid' = 'incomplete'

  /** Of a complete request: one of the methods llhttp knows, not necessarily one that is served. */
  method = ''
  /** Of a complete request: the request target as sent. */
  target = ''
  /** Of a complete request: length of what is now at the start of the body memory. */
  bodyLength = 0
  /** Of a complete request: if not, the reply is the last one, whatever else has been sent. */
  keepAlive = false
  /** Of a complete request: of HTTP/1.x. */
  versionMinor = 1

  /** Of an invalid request. */
  status: RefusalStatus = 400
  /** Of an invalid request: what is wrong with it, in a few words. */
  reason = ''

  private readonly llhttp: Llhttp
  private readonly fields = new RequestFields()
  private readonly body: Uint8Array
  private readonly maxHeaderBytes: number
  private readonly maxRequestBytes: number

  private part: 'blank lines' | 'blank line end' | 'unknown method' | 'head' | 'rest' =
    'blank lines'
  /** Consumed so far, without the piece that is being parsed. */
  private requestBytes = 0
  /** Up to and with the empty line, if the last field so far is the last. No trailers without one. */
  private headBytes = 0
  /** Where in the request the trailers start; 0 as long as there are none. */
  private trailersAt = 0
  private continueWanted = false

  constructor({ body, maxHeaderBytes = MAX_HEADERS_BYTES }: RequestParserOptions) {
    this.body = body
    this.maxHeaderBytes = maxHeaderBytes
    this.maxRequestBytes = maxHeaderBytes + body.length * ONE_BYTE_CHUNK.length
    this.llhttp = new Llhttp(MessageType.request, this)
  }

  /**
   * Consumes `bytes[from … to)`, or less: up to the end of the current request. Bytes behind an
   * error are consumed and ignored.
   * @returns how many bytes were consumed
   * @throws if the current request is complete: it stays the current one until `next`
   */
  execute(bytes: Uint8Array, from = 0, to = bytes.length): number {
    if (this.state === 'complete') throw new Error('the request is complete: call next() first')
    let at = from
    while (at < to && this.state === 'incomplete') at += this.consume(bytes, at, to)
    return (this.state === 'invalid' ? to : at) - from
  }

  /**
   * Whether the client is waiting for `100 Continue` before it sends the body (RFC 9110, 10.1.1).
   * True once per request.
   */
  takeExpectsContinue(): boolean {
    const waiting = this.continueWanted && this.state === 'incomplete' && this.bodyLength === 0
    this.continueWanted = false
    return waiting
  }

  /** Ready for the next request of the connection, or the first of another one. */
  next(): void {
    this.llhttp.reset()
    this.fields.clear()
    this.state = 'incomplete'
    this.target = ''
    this.bodyLength = 0
    this.part = 'blank lines'
    this.requestBytes = 0
    this.headBytes = 0
    this.trailersAt = 0
    this.continueWanted = false
  }

  /** Gives its memory back; it must not be used any more. */
  free(): void {
    this.llhttp.free()
  }

  private consume(bytes: Uint8Array, from: number, to: number): number {
    switch (this.part) {
      case 'head':
      case 'rest':
        return this.parse(bytes, from, to)
      case 'blank lines':
        if (bytes[from] !== CR && bytes[from] !== LF) {
          this.part = 'head'
          return this.parse(bytes, from, to)
        }
        return this.skipBlankLine(bytes[from], CR, 'blank line end')
      case 'blank line end':
        return this.skipBlankLine(bytes[from], LF, 'blank lines')
      case 'unknown method':
        return this.readUnknownMethod(bytes[from])
    }
  }

  private parse(bytes: Uint8Array, from: number, to: number): number {
    const room = this.part === 'head' ? this.maxHeaderBytes - this.requestBytes : PIECE_BYTES
    const errno = this.llhttp.execute(bytes, from, Math.min(to, from + Math.min(room, PIECE_BYTES)))
    const { consumedBytes } = this.llhttp
    this.requestBytes += consumedBytes
    if (errno === Errno.ok || errno === Errno.paused) this.checkLimits()
    else if (errno === Errno.invalidMethod) this.part = 'unknown method'
    else if (this.state === 'incomplete') this.refuseFor(errno)
    return consumedBytes
  }

  /** RFC 9112, 2.2: empty lines before a request line are ignored. */
  private skipBlankLine(byte: number, expected: number, then: RequestParser['part']): number {
    if (byte !== expected) this.refuse(400, 'CR or LF alone before the request line')
    this.part = then
    return this.countHeadByte()
  }

  /** llhttp knows no such method: is it a word at all? */
  private readUnknownMethod(byte: number): number {
    if (byte === SPACE) this.refuse(405, 'unknown method')
    else if (!isTokenByte(byte)) this.refuse(400, 'no method')
    return this.countHeadByte()
  }

  private countHeadByte(): number {
    this.requestBytes += 1
    if (this.state === 'incomplete') this.checkHeadLimit()
    return 1
  }

  private checkLimits(): void {
    if (this.part === 'head') return this.checkHeadLimit()
    const trailerBytes = this.trailersAt === 0 ? 0 : this.requestBytes - this.trailersAt
    if (this.headBytes + trailerBytes > this.maxHeaderBytes) {
      this.refuse(431, `headers and trailers over ${this.maxHeaderBytes} bytes`)
    } else if (this.requestBytes > this.maxRequestBytes) {
      this.refuse(413, 'chunk extensions larger than any body')
    }
  }

  /** A head that is incomplete after so many bytes is longer than they are. */
  private checkHeadLimit(): void {
    if (this.requestBytes < this.maxHeaderBytes) return
    if (this.fields.started) this.refuse(431, `headers over ${this.maxHeaderBytes} bytes`)
    else if (this.part === 'head' || this.part === 'unknown method') {
      this.refuse(414, `request line over ${this.maxHeaderBytes} bytes`)
    } else this.refuse(400, `empty lines over ${this.maxHeaderBytes} bytes`)
  }

  private refuseFor(errno: number): void {
    const reason = this.llhttp.errorReason
    if (errno === Errno.pausedH2Upgrade) this.refuse(505, 'HTTP/2')
    else if (errno === Errno.invalidVersion && reason === 'Invalid HTTP version') {
      this.refuse(505, 'unknown HTTP version')
    } else if (errno === Errno.invalidConstant && reason.startsWith('Invalid method for HTTP')) {
      this.refuse(405, 'unknown method')
    } else this.refuse(400, reason)
  }

  private refuse(status: RefusalStatus, reason: string): Next {
    this.state = 'invalid'
    this.status = status
    this.reason = reason
    return Next.stop
  }

  // What llhttp calls.

  onTarget(memory: Buffer, at: number, length: number): Next {
    this.target += memory.toString('latin1', at, at + length)
    return Next.proceed
  }

  onHeaderField(memory: Buffer, at: number, length: number): Next {
    if (this.part === 'head') this.fields.addName(memory, at, length)
    else if (this.trailersAt === 0) this.trailersAt = this.positionOf(at)
    return Next.proceed
  }

  onHeaderValue(memory: Buffer, at: number, length: number): Next {
    if (this.part !== 'head') return Next.proceed
    this.fields.addValue(memory, at, length)
    this.headBytes = this.positionOf(at + length) + '\r\n\r\n'.length
    return Next.proceed
  }

  onHeadersComplete(_statusCode: number, keepAlive: boolean): Next {
    const { fields, llhttp } = this
    this.part = 'rest'
    this.method = llhttp.method
    this.keepAlive = keepAlive
    this.versionMinor = llhttp.versionMinor
    const { versionMajor } = llhttp
    if (versionMajor === 0) return this.refuse(400, 'no HTTP version')
    if (versionMajor !== 1) return this.refuse(505, 'unknown HTTP version')
    if (this.method === 'CONNECT') return this.refuse(405, 'no tunnels')
    if (fields.hosts > 1) return this.refuse(400, 'more than one Host')
    if (fields.hosts === 0 && this.versionMinor === 1) return this.refuse(400, 'no Host')
    if (fields.transferCoding !== 'none') {
      if (this.versionMinor === 0) return this.refuse(400, 'Transfer-Encoding in HTTP/1.0')
      if (fields.transferCoding === 'other') return this.refuse(501, 'unknown transfer coding')
    }
    if (fields.contentLength > this.body.length) return this.refuseBody()
    if (fields.expect === 'other' && this.versionMinor === 1) {
      return this.refuse(417, 'unknown expectation')
    }
    this.continueWanted = fields.expect === '100-continue' && this.versionMinor === 1
    return Next.proceed
  }

  onBody(memory: Buffer, at: number, length: number): Next {
    if (this.bodyLength + length > this.body.length) return this.refuseBody()
    this.body.set(memory.subarray(at, at + length), this.bodyLength)
    this.bodyLength += length
    return Next.proceed
  }

  onMessageComplete(): Next {
    this.state = 'complete'
    return Next.pause
  }

  private refuseBody(): Next {
    return this.refuse(413, `body over ${this.body.length} bytes`)
  }

  /** Where in the request a byte is that llhttp has at `at`. */
  private positionOf(at: number): number {
    return this.requestBytes + at - this.llhttp.pieceAt
  }
}

/** RFC 9110, 5.6.2. */
function isTokenByte(byte: number): boolean {
  return /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte))
}

/** No chunk needs more bytes for each byte of its data, unless it has extensions. */
const ONE_BYTE_CHUNK = '1\r\nx\r\n'

const CR = 0x0d
const LF = 0x0a
const SPACE = 0x20
