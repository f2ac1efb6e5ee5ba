import { RequestParser } from '../../protocol/http/request-parser.ts'
import {
  type HttpConnectionMemory,
  type HttpMethod,
  httpMethods,
  type RequestInMemory,
} from '../../threads/http-connection-memory.ts'
import {
  completeMessage,
  receivedBytes,
  traceCompleteMessage,
  traceReceivedBytes,
  UNNUMBERED,
} from '../../threads/message-points.ts'

/** With so many bytes behind the current request, no more are received. */
const MAX_KEPT_BYTES = 0x10000

/**
 * Turns the bytes of one connection into requests, one at a time, on the socket thread: bytes behind
 * a complete request are kept until `next`, bytes behind an error are dropped.
 */
export class RequestReceiver {
  private readonly memory: HttpConnectionMemory
  private readonly parser: RequestParser
  /** Received and not parsed, from `keptFrom` on. */
  private kept: Uint8Array = NOTHING
  private keptFrom = 0

  constructor(memory: HttpConnectionMemory) {
    this.memory = memory
    this.parser = new RequestParser({ body: memory.body })
  }

  get state(): RequestParser['state'] {
    return this.parser.state
  }

  /** Of an invalid request. */
  get refusal(): RequestParser['status'] {
    return this.parser.status
  }

  /** Of a complete request; its body is in the connection's memory. */
  get request(): RequestInMemory {
    const { method, target, bodyLength, keepAlive, versionMinor } = this.parser
    return { method: knownOrOther(method), target, bodyLength, keepAlive, versionMinor }
  }

  /** Bytes wait behind the current request. */
  get hasKept(): boolean {
    return this.kept.length > this.keptFrom
  }

  /** Too many do. */
  get isFull(): boolean {
    return this.kept.length - this.keptFrom >= MAX_KEPT_BYTES
  }

  /** The client waits for `100 Continue`; told once. */
  takeExpectsContinue(): boolean {
    return this.parser.takeExpectsContinue()
  }

  receive(data: Uint8Array): void {
    if (receivedBytes.hasSubscribers) traceReceivedBytes(this.memory, data.length)
    if (this.parser.state === 'invalid') return
    if (this.parser.state === 'complete') {
      this.keep(data)
      return
    }
    const parsed = this.parse(data, 0)
    if (parsed < data.length) this.keep(data.subarray(parsed))
  }

  /** The current request is answered: goes on with what was kept. */
  next(): void {
    this.parser.next()
    if (!this.hasKept) return
    this.keptFrom += this.parse(this.kept, this.keptFrom)
    if (!this.hasKept) this.forgetKept()
  }

  /** Another connection begins. */
  restart(): void {
    this.parser.next()
    this.forgetKept()
  }

  private parse(bytes: Uint8Array, from: number): number {
    const parsed = this.parser.execute(bytes, from)
    this.memory.noteBody(this.parser.bodyLength)
    if (completeMessage.hasSubscribers && this.parser.state === 'complete') {
      this.traceComplete(bytes.length - from - parsed)
    }
    return parsed
  }

  private traceComplete(behindBytes: number): void {
    const type = httpMethods.indexOf(knownOrOther(this.parser.method))
    traceCompleteMessage(this.memory, UNNUMBERED, type, 0, behindBytes)
  }

  private keep(data: Uint8Array): void {
    this.kept = Buffer.concat([this.kept.subarray(this.keptFrom), data])
    this.keptFrom = 0
  }

  private forgetKept(): void {
    this.kept = NOTHING
    this.keptFrom = 0
  }
}

const NOTHING = new Uint8Array(0)

function knownOrOther(method: string): HttpMethod {
  return knownMethods.get(method) ?? 'other'
}

const knownMethods: ReadonlyMap<string, HttpMethod> = new Map(
  httpMethods.map(method => [method, method]),
)
