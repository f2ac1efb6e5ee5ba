import { createRequire } from 'node:module'

/**
 * What llhttp tells about the message it parses. Spans are `memory[at … at + length)`, may come in
 * several pieces, and are overwritten by the next bytes parsed on this thread. Each answers what
 * llhttp is to do next.
 */
export interface MessageEvents {
  onTarget(memory: Buffer, at: number, length: number): Next
  onHeaderField(memory: Buffer, at: number, length: number): Next
  onHeaderValue(memory: Buffer, at: number, length: number): Next
  /** @param statusCode of a reply; 0 for a request */
  onHeadersComplete(statusCode: number, keepAlive: boolean): Next
  onBody(memory: Buffer, at: number, length: number): Next
  onMessageComplete(): Next
}

/** Answers of `MessageEvents`. `stop` ends in an error, `pause` in `Errno.paused`. */
export const Next = { proceed: 0, stop: -1, pause: 21 } as const
export type Next = (typeof Next)[keyof typeof Next]

/** The ones of llhttp's error numbers that are told apart. */
export const Errno = {
  ok: 0,
  invalidMethod: 6,
  invalidConstant: 8,
  invalidVersion: 9,
  paused: 21,
  pausedH2Upgrade: 23,
} as const

export const MessageType = { request: 1, reply: 2 } as const
export type MessageType = (typeof MessageType)[keyof typeof MessageType]

/** Most bytes `Llhttp.execute` takes at a time. */
export const PIECE_BYTES = 65_536

/**
 * One llhttp parser: llhttp 9 as undici ships it, in one WebAssembly instance per thread. All of
 * llhttp's leniency flags are off, which is how `llhttp_init` leaves them.
 *
 * Its memory is WebAssembly's and no garbage collector's: `free` it.
 */
export class Llhttp {
  /** Of the last `execute`: bytes consumed, up to the error or the pause if there was one. */
  consumedBytes = 0

  private readonly wasm: ThreadWasm
  private readonly events: MessageEvents
  private pointer: number

  constructor(type: MessageType, events: MessageEvents) {
    this.wasm = wasmOfThisThread()
    this.events = events
    this.pointer = this.wasm.exports.llhttp_alloc(type)
    if (this.pointer === 0) throw new Error('llhttp: its WebAssembly memory is exhausted')
    this.wasm.findMemory()
  }

  /** Offset in `memory` of the first byte of the piece being parsed. */
  get pieceAt(): number {
    return this.wasm.pieceAt
  }

  /**
   * Parses `bytes[from … to)`, at most `PIECE_BYTES`.
   * @returns one of llhttp's error numbers
   * @throws RangeError for a longer piece
   */
  execute(bytes: Uint8Array, from: number, to: number): number {
    const { wasm, parser } = this
    if (to - from > PIECE_BYTES)
      throw new RangeError(`llhttp: at most ${PIECE_BYTES} bytes at a time`)
    wasm.memory.set(
      from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to),
      wasm.pieceAt,
    )
    wasm.events = this.events
    const errno = wasm.exports.llhttp_execute(parser, wasm.pieceAt, to - from)
    this.consumedBytes =
      errno === Errno.ok ? to - from : wasm.exports.llhttp_get_error_pos(parser) - wasm.pieceAt
    return errno
  }

  /**
   * Tells it that the peer has closed; a body that ends with the connection is then complete.
   * @returns one of llhttp's error numbers
   */
  finish(): number {
    this.wasm.events = this.events
    return this.wasm.exports.llhttp_finish(this.parser)
  }

  /** Forgets all about the current message. */
  reset(): void {
    this.wasm.exports.llhttp_reset(this.parser)
  }

  /** Gives its memory back; it must not be used any more. */
  free(): void {
    this.wasm.exports.llhttp_free(this.pointer)
    this.wasm.events = noEvents
    this.pointer = 0
  }

  /** Of a request, e.g. `GET`. */
  get method(): string {
    return this.wasm.methodNames[this.wasm.exports.llhttp_get_method(this.parser)]
  }

  get versionMajor(): number {
    return this.wasm.exports.llhttp_get_http_major(this.parser)
  }

  get versionMinor(): number {
    return this.wasm.exports.llhttp_get_http_minor(this.parser)
  }

  /** llhttp's own words for its last error. */
  get errorReason(): string {
    return this.wasm.stringAt(this.wasm.exports.llhttp_get_error_reason(this.parser))
  }

  private get parser(): number {
    if (this.pointer === 0) throw new Error('llhttp: used after free()')
    return this.pointer
  }
}

/** Size of the WebAssembly memory in which all parsers of this thread are. */
export function wasmMemoryBytes(): number {
  return wasmOfThisThread().exports.memory.buffer.byteLength
}

let threadWasm: ThreadWasm | undefined

function wasmOfThisThread(): ThreadWasm {
  threadWasm ??= new ThreadWasm()
  return threadWasm
}

class ThreadWasm {
  readonly exports: LlhttpExports
  readonly pieceAt: number
  readonly methodNames: readonly string[]
  /** All of the WebAssembly memory. */
  memory: Buffer
  /** Of the parser that executed last, until it is freed. */
  events: MessageEvents = noEvents

  constructor() {
    this.exports = this.instantiate()
    this.pieceAt = this.exports.malloc(PIECE_BYTES)
    this.memory = Buffer.from(this.exports.memory.buffer)
    this.methodNames = Array.from({ length: METHOD_COUNT }, (_, method) =>
      this.stringAt(this.exports.llhttp_method_name(method)),
    )
  }

  /** Growing the memory, which only an allocation does, detaches the old view of it. */
  findMemory(): void {
    const { buffer } = this.exports.memory
    if (this.memory.buffer !== buffer) this.memory = Buffer.from(buffer)
  }

  /** @param at of a C string; 0 is the empty one */
  stringAt(at: number): string {
    return at === 0 ? '' : this.memory.toString('latin1', at, this.memory.indexOf(0, at))
  }

  private instantiate(): LlhttpExports {
    const { exports } = new WebAssembly.Instance(compile(), {
      env: {
        wasm_on_message_begin: () => Next.proceed,
        wasm_on_url: (_: number, at: number, length: number) =>
          this.events.onTarget(this.memory, at, length),
        wasm_on_status: () => Next.proceed,
        wasm_on_header_field: (_: number, at: number, length: number) =>
          this.events.onHeaderField(this.memory, at, length),
        wasm_on_header_value: (_: number, at: number, length: number) =>
          this.events.onHeaderValue(this.memory, at, length),
        wasm_on_headers_complete: (
          _: number,
          status: number,
          _upgrade: number,
          keepAlive: number,
        ) => this.events.onHeadersComplete(status, keepAlive === 1),
        wasm_on_body: (_: number, at: number, length: number) =>
          this.events.onBody(this.memory, at, length),
        wasm_on_message_complete: () => this.events.onMessageComplete(),
      },
    })
    return exports as LlhttpExports
  }
}

function compile(): object {
  const require = createRequire(import.meta.url)
  try {
    return new WebAssembly.Module(require('undici/lib/llhttp/llhttp_simd-wasm.js'))
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error
    return new WebAssembly.Module(require('undici/lib/llhttp/llhttp-wasm.js'))
  }
}

const noEvents: MessageEvents = {
  onTarget: () => Next.proceed,
  onHeaderField: () => Next.proceed,
  onHeaderValue: () => Next.proceed,
  onHeadersComplete: () => Next.proceed,
  onBody: () => Next.proceed,
  onMessageComplete: () => Next.proceed,
}

/** llhttp numbers its methods from 0 (DELETE) to 46 (QUERY). */
const METHOD_COUNT = 47

interface LlhttpExports {
  memory: { readonly buffer: ArrayBuffer }
  malloc(sizeBytes: number): number
  llhttp_alloc(type: number): number
  llhttp_free(parser: number): void
  llhttp_reset(parser: number): void
  llhttp_execute(parser: number, at: number, length: number): number
  llhttp_finish(parser: number): number
  llhttp_get_error_pos(parser: number): number
  llhttp_get_error_reason(parser: number): number
  llhttp_get_method(parser: number): number
  llhttp_get_http_major(parser: number): number
  llhttp_get_http_minor(parser: number): number
  llhttp_method_name(method: number): number
}

/** The part of the global that is used here; its types come with the DOM's, which Node lacks. */
declare const WebAssembly: {
  readonly Module: new (wasm: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
  readonly CompileError: new () => Error
}
