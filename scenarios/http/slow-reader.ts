import { describeErrno, isTransient } from '../../implementations/sock/errno.ts'
import type { PosixNetwork, PosixSock } from '../../implementations/sock/posix-sock.ts'
import { type Events, RECV } from '../../implementations/sock/sock.ts'
import { type ConnectionOptions, openConnections } from './connections.ts'

export interface SlowReaderOptions extends ConnectionOptions {
  /** The bytes of a request for something large. */
  request: Buffer
  /** Pipelined on each connection, as far as the server takes them. */
  requestsEach: number
  pace: ReadingPace
}

export type ReadingPace =
  | { kind: 'never' }
  /** So much per connection, and so often; the event loop may delay it. */
  | { kind: 'trickle'; bytes: number; intervalMs: number }

/** Small, so that what is not read stays with the server. */
const slowReaderDefaults = { socketBufferBytes: 4096 } satisfies Partial<SlowReaderOptions>

export type SlowReadersOpened =
  | { state: 'open'; readers: SlowReaders }
  | { state: 'failed'; reason: string }

/** Clients that ask for more than they read, until they are closed. */
export function openSlowReaders(
  network: PosixNetwork,
  options: SlowReaderOptions,
): SlowReadersOpened {
  const connected = openConnections(network, { ...slowReaderDefaults, ...options })
  if (connected.state === 'failed') return connected
  const readers = connected.socks.map(sock => new SlowReader(sock, options))
  return { state: 'open', readers: new SlowReaders(network, readers, options.pace) }
}

export class SlowReaders {
  readonly #network: PosixNetwork
  readonly #readers: readonly SlowReader[]
  readonly #timer: NodeJS.Timeout

  constructor(network: PosixNetwork, readers: readonly SlowReader[], pace: ReadingPace) {
    this.#network = network
    this.#readers = readers
    const readBytes = pace.kind === 'trickle' ? pace.bytes : 0
    const turn = () => {
      for (const reader of readers) reader.turn(readBytes)
    }
    turn()
    this.#timer = setInterval(turn, pace.kind === 'trickle' ? pace.intervalMs : SEND_INTERVAL_MS)
  }

  /** How many have something to read: the server is answering them. */
  get answered(): number {
    const waitSet = new Map(this.#readers.map(({ sock }) => [sock, receiving()]))
    return Math.max(0, this.#network.waitMany(0, waitSet))
  }

  /** Requests the server's socket took, by connection. */
  get sentRequests(): number[] {
    return this.#readers.map(reader => reader.sentRequests)
  }

  /** Bytes read, all connections together. */
  get readBytes(): number {
    return this.#readers.reduce((sum, reader) => sum + reader.readBytes, 0)
  }

  /** Why connections are lost, one reason for each; a reader that never reads may not notice. */
  get lost(): string[] {
    return this.#readers.flatMap(({ lost }) => (lost === undefined ? [] : [lost]))
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

/** How often a reader that never reads tries to send what is left of its requests. */
const SEND_INTERVAL_MS = 10

class SlowReader {
  readonly sock: PosixSock
  readonly #requestBytes: number
  /** All requests in one piece. */
  readonly #requests: Buffer
  #sentBytes = 0
  #readBytes = 0
  #lost: string | undefined

  constructor(sock: PosixSock, { request, requestsEach }: SlowReaderOptions) {
    this.sock = sock
    this.#requestBytes = request.length
    this.#requests = Buffer.concat(Array.from({ length: requestsEach }, () => request))
  }

  get sentRequests(): number {
    return Math.floor(this.#sentBytes / this.#requestBytes)
  }

  get readBytes(): number {
    return this.#readBytes
  }

  get lost(): string | undefined {
    return this.#lost
  }

  turn(readBytes: number): void {
    if (this.#lost !== undefined) return
    if (this.#sentBytes < this.#requests.length) this.#send()
    if (readBytes > 0) this.#read(Buffer.alloc(readBytes))
  }

  #send(): void {
    const sent = this.sock.send(this.#requests.subarray(this.#sentBytes), false)
    if (sent > 0) this.#sentBytes += sent
    else if (!isTransient(-sent)) this.#lost = describeErrno(-sent)
  }

  #read(buffer: Buffer): void {
    const received = this.sock.recv(buffer)
    if (received > 0) this.#readBytes += received
    else if (received === 0) this.#lost = 'closed by the server'
    else if (!isTransient(-received)) this.#lost = describeErrno(-received)
  }
}

function receiving(): Events {
  return { requested: RECV, occurred: 0 }
}
