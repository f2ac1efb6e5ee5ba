import {
  Agent,
  type ClientRequest,
  type ClientRequestArgs,
  type IncomingMessage,
  request,
} from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { PAUSE_AFTER_FAILURE_MS } from '../node/outbound-http/wallet.ts'
import type { OutboundHttpOptions } from '../node/service-options.ts'
import type { SocketThreadContext } from '../node/thread-context.ts'
import { MAX_HEADERS_BYTES } from '../protocol/http/limits.ts'
import {
  PAYJOIN_CONTENT_TYPE,
  PAYJOIN_TARGET,
  RequestBody,
  type RequestEnding,
  type RequestReport,
  replyDigest,
} from '../protocol/payjoin/request-body.ts'
import { connectSock } from '../sock/connect.ts'
import { describeErrno, errnoName } from '../sock/errno.ts'
import { Counter } from '../threads/counters.ts'
import { monotonicNs } from '../threads/monotonic-clock.ts'

/** A wallet over node:http: sends and receives in the event loop. */
export async function runLibuvWallet(
  context: SocketThreadContext<OutboundHttpOptions>,
  stopped: Promise<void>,
): Promise<void> {
  const wallet = new LibuvWallet(context, stopped)
  await wallet.run()
}

class LibuvWallet {
  private readonly options: OutboundHttpOptions
  private readonly counts: Float64Array
  private readonly stopped: Promise<void>
  private readonly agent: SockAgent
  private readonly body: RequestBody
  private inFlight: ClientRequest | undefined
  private stopping = false

  constructor(context: SocketThreadContext<OutboundHttpOptions>, stopped: Promise<void>) {
    const { options, counters } = context
    this.options = options
    this.counts = counters.counts
    this.stopped = stopped
    this.agent = new SockAgent(context)
    this.body = new RequestBody(options.requestBodyBytes)
  }

  /** Makes requests, one after the other, until stopped. */
  async run(): Promise<void> {
    const stopped = this.stopped.then(() => this.stop())
    let previous: RequestReport | undefined
    for (let sequence = 0; !this.stopping; sequence++) {
      this.body.write(sequence, previous)
      previous = await this.makeRequest()
      if (previous.ending !== 'reply') await Promise.race([sleep(PAUSE_AFTER_FAILURE_MS), stopped])
    }
    this.agent.destroy()
  }

  private stop(): void {
    this.stopping = true
    this.inFlight?.destroy()
  }

  private makeRequest(): Promise<RequestReport> {
    return new Promise(resolve => {
      const startNs = monotonicNs()
      const made = this.send()
      const end: RequestEnd = (ending, status = 0, body = NO_BODY) => {
        const latencyNs = monotonicNs() - startNs
        clearTimeout(timer)
        const digest = ending === 'reply' ? replyDigest(body) : 0
        resolve({ ending, latencyNs, status, replyBytes: body.length, digest })
        // A server that has replied before it had the whole request may not read the rest.
        if (ending !== 'reply' || !made.writableFinished) made.destroy()
      }
      const timer = setTimeout(() => end('timeout'), this.options.timeoutMs)
      made.on('error', error => end(endingOf(error)))
      made.on('response', response => this.receive(response, end))
    })
  }

  private send(): ClientRequest {
    const { host, port, family } = this.options.target
    const made = request({
      agent: this.agent,
      host,
      port,
      family,
      method: 'POST',
      path: PAYJOIN_TARGET,
      maxHeaderSize: MAX_HEADERS_BYTES,
      headers: {
        'Content-Type': PAYJOIN_CONTENT_TYPE,
        'Content-Length': this.body.bytes.length,
      },
    })
    made.end(this.body.bytes)
    this.counts[Counter.messagesSent]++
    this.inFlight = made
    return made
  }

  private receive(response: IncomingMessage, end: RequestEnd): void {
    const pieces: Buffer[] = []
    let bytes = 0
    response.on('data', (piece: Buffer) => {
      bytes += piece.length
      pieces.push(piece)
      if (bytes > this.options.maxReplyBytes) end('too-large')
    })
    response.on('end', () => {
      this.counts[Counter.messagesReceived]++
      this.agent.newest?.count()
      end('reply', response.statusCode, Buffer.concat(pieces))
    })
    response.on('error', error => end(endingOf(error)))
  }
}

/**
 * Opens the sockets. node:net sets no SO_RCVBUF and SO_SNDBUF, and they must be set before connect(2), so
 * a socket is opened here and handed over as a descriptor, which is then Node's.
 */
class SockAgent extends Agent {
  /** The connection that was opened last. */
  newest: CountedSocket | undefined
  private readonly context: SocketThreadContext<OutboundHttpOptions>

  constructor(context: SocketThreadContext<OutboundHttpOptions>) {
    super({ keepAlive: context.options.keepAlive })
    this.context = context
  }

  override createConnection(
    _options: ClientRequestArgs,
    callback: (error: Error | null, socket: Duplex) => void,
  ): Socket | undefined {
    const { network, counters, options } = this.context
    const sock = connectSock(network, options.target, options.timeoutMs, {
      receiveBufferBytes: options.socketBufferBytes,
      sendBufferBytes: options.socketBufferBytes,
    })
    if (typeof sock === 'number') {
      callback(connectError(-sock), new Socket()) // which nobody looks at
      return undefined
    }
    const socket = new Socket({ fd: sock.fd })
    this.newest = new CountedSocket(socket, counters.counts)
    return socket
  }
}

/** As Node has it. */
function connectError(errno: number): NodeJS.ErrnoException {
  const error = new Error(`connect failed: ${describeErrno(errno)}`)
  return Object.assign(error, { code: errnoName(errno), syscall: 'connect' })
}

/** node:http reads and writes below what its users see, so its sockets are asked. */
class CountedSocket {
  private readonly socket: Socket
  private readonly counts: Float64Array
  private received = 0
  private sent = 0

  constructor(socket: Socket, counts: Float64Array) {
    this.socket = socket
    this.counts = counts
    socket.on('close', () => this.count())
  }

  /** What was received and sent since the last time. */
  count(): void {
    const { bytesRead, bytesWritten } = this.socket
    this.counts[Counter.bytesReceived] += bytesRead - this.received
    this.counts[Counter.bytesSent] += bytesWritten - this.sent
    this.received = bytesRead
    this.sent = bytesWritten
  }
}

/** The first call counts. */
type RequestEnd = (ending: RequestEnding, status?: number, body?: Uint8Array) => void

const NO_BODY = Buffer.alloc(0)

/**
 * node:http gives ECONNRESET for an early end of file, too, but then no system call has failed. A reset
 * right behind data may look so as well: libuv takes it for an end of file.
 */
function endingOf(error: NodeJS.ErrnoException): RequestEnding {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'refused'
    case 'ETIMEDOUT':
      return 'timeout'
    case 'ECONNRESET':
    case 'EPIPE':
      return error.syscall === undefined ? 'closed-early' : 'reset'
    case 'HPE_HEADER_OVERFLOW':
      return 'too-large'
  }
  return error.code?.startsWith('HPE_') ? 'malformed' : 'broken'
}
