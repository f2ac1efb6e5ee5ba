import { describeErrno, isTransient } from '../../implementations/sock/errno.ts'
import type { PosixNetwork, PosixSock } from '../../implementations/sock/posix-sock.ts'
import { ERR, type Events } from '../../implementations/sock/sock.ts'
import { type ConnectionOptions, openConnections } from './connections.ts'

export interface SlowReaderOptions extends ConnectionOptions {
  /** The bytes of a request for something large. */
  request: Buffer
  /** Pipelined on each connection, as far as the server takes them. */
  requestsEach: number
}

/** Small, so that what is not read stays with the server. */
const slowReaderDefaults = { socketBufferBytes: 4096 } satisfies Partial<SlowReaderOptions>

export type SlowReadersOpened =
  | { state: 'open'; readers: SlowReaders }
  | { state: 'failed'; reason: string }

/** Clients that read no more of their replies than whether there is one, until they are closed. */
export function openSlowReaders(
  network: PosixNetwork,
  options: SlowReaderOptions,
): SlowReadersOpened {
  const connected = openConnections(network, { ...slowReaderDefaults, ...options })
  if (connected.state === 'failed') return connected
  const readers = connected.socks.map(sock => new SlowReader(sock, options))
  return { state: 'open', readers: new SlowReaders(network, readers) }
}

/** How often they try to send what is left of their requests, and look for an answer. */
const TURN_INTERVAL_MS = 10

export class SlowReaders {
  readonly #network: PosixNetwork
  readonly #readers: readonly SlowReader[]
  readonly #timer: NodeJS.Timeout

  constructor(network: PosixNetwork, readers: readonly SlowReader[]) {
    this.#network = network
    this.#readers = readers
    const turn = () => {
      for (const reader of readers) reader.turn()
    }
    turn()
    this.#timer = setInterval(turn, TURN_INTERVAL_MS)
  }

  /** To how many the server has begun to send what they asked for. */
  get answered(): number {
    return this.#readers.filter(({ isAnswered }) => isAnswered).length
  }

  /**
   * Why the first one that is lost is: reset, or answered with something else; undefined if none is.
   * A server that closes without a reset is not noticed: its end comes after what nobody reads.
   */
  findLost(): string | undefined {
    const waitSet = new Map(this.#readers.map(({ sock }) => [sock, onlyErrors()]))
    this.#network.waitMany(0, waitSet)
    for (const reader of this.#readers) {
      if ((waitSet.get(reader.sock)?.occurred ?? 0) & ERR) reader.noteError()
    }
    return this.#readers.find(({ lost }) => lost !== undefined)?.lost
  }

  /** Resets the connections: what was not read is gone. */
  close(): void {
    clearInterval(this.#timer)
    for (const { sock } of this.#readers) {
      sock.setSockOpt('SO_LINGER0', 1)
      sock.close()
    }
  }
}

/** How a reply to a slow reader must begin. */
const RIGHT_START = 'HTTP/1.1 200'

class SlowReader {
  readonly sock: PosixSock
  /** All requests in one piece. */
  readonly #requests: Buffer
  #sentBytes = 0
  /** What has come of the reply's first bytes; more is not read. */
  #start = ''
  #lost: string | undefined

  constructor(sock: PosixSock, { request, requestsEach }: SlowReaderOptions) {
    this.sock = sock
    this.#requests = Buffer.concat(Array.from({ length: requestsEach }, () => request))
  }

  get isAnswered(): boolean {
    return this.#start === RIGHT_START
  }

  get lost(): string | undefined {
    return this.#lost
  }

  turn(): void {
    if (this.#lost !== undefined) return
    if (this.#start.length < RIGHT_START.length) this.#readStart()
    if (this.#sentBytes < this.#requests.length) this.#send()
  }

  noteError(): void {
    const errno = this.sock.getSockOpt('SO_ERROR')
    this.#lose(errno > 0 ? describeErrno(errno) : 'closed by the server')
  }

  #send(): void {
    const sent = this.sock.send(this.#requests.subarray(this.#sentBytes), false)
    if (sent > 0) this.#sentBytes += sent
    else if (!isTransient(-sent)) this.#lose(describeErrno(-sent))
  }

  #readStart(): void {
    const missing = Buffer.alloc(RIGHT_START.length - this.#start.length)
    const received = this.sock.recv(missing)
    if (received === 0) return this.#lose('closed by the server')
    if (received < 0) {
      if (!isTransient(-received)) this.#lose(describeErrno(-received))
      return
    }
    this.#start += missing.toString('latin1', 0, received)
    if (!RIGHT_START.startsWith(this.#start)) {
      this.#lose(`answered ${JSON.stringify(this.#start)} instead of "${RIGHT_START}"`)
    }
  }

  /** The first reason counts. */
  #lose(reason: string): void {
    this.#lost ??= reason
  }
}

function onlyErrors(): Events {
  return { requested: 0, occurred: 0 }
}
