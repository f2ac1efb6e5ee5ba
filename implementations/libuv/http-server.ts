import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { ChainStore } from '../node/http/chain-store.ts'
import { errorReplyOf } from '../node/http/error-reply.ts'
import { MAX_HTTP_CONNECTIONS } from '../node/http/limits.ts'
import { handleRequest, type Reply } from '../node/http/routes.ts'
import { SHUTDOWN_GRACE_MS } from '../node/loop-constants.ts'
import type { HttpOptions } from '../node/service-options.ts'
import type { SocketThreadContext } from '../node/thread-context.ts'
import { MAX_BODY_BYTES, MAX_HEADERS_BYTES } from '../protocol/http/limits.ts'
import { errorReply, type ReplyStatus } from '../protocol/http/reply.ts'
import { Counter } from '../threads/counters.ts'
import { Connections } from './connections.ts'
import { listenWith } from './listen.ts'

/** An HTTP server over node:http: requests are handled in the event loop, without worker threads. */
export async function runLibuvHttp(
  context: SocketThreadContext<HttpOptions>,
  stopped: Promise<void>,
): Promise<void> {
  const server = new LibuvHttpServer(context)
  await stopped
  await server.close()
}

class LibuvHttpServer {
  private readonly counts: Float64Array
  private readonly connections: Connections
  private readonly store: ChainStore
  private readonly server: Server
  private stopping = false

  constructor(context: SocketThreadContext<HttpOptions>) {
    const { options, counters } = context
    this.counts = counters.counts
    this.connections = new Connections(this.counts)
    this.store = ChainStore.open(options.chainFile)
    this.server = createServer(
      {
        noDelay: true,
        maxHeaderSize: MAX_HEADERS_BYTES,
        keepAliveTimeout: options.idleTimeoutMs,
        headersTimeout: options.idleTimeoutMs,
        requestTimeout: options.idleTimeoutMs,
        connectionsCheckingInterval: Math.ceil(options.idleTimeoutMs / TIMEOUT_CHECKS),
      },
      (request, response) => this.receive(request, response),
    )
    this.server.maxConnections = MAX_HTTP_CONNECTIONS
    this.server.on('connection', (socket: Socket) => this.connections.add(socket))
    this.server.on('clientError', refuseInvalid)
    listenWith(this.server, context, options.listen)
  }

  /**
   * What is being sent is finished, if that does not take too long. Node's own way would not do:
   * `close` destroys a connection whose reply has ended, also while it is still being sent.
   */
  async close(): Promise<void> {
    this.stopping = true
    const deadlineMs = performance.now() + SHUTDOWN_GRACE_MS
    while (this.connections.isSending && performance.now() < deadlineMs) await sleep(LOOK_EVERY_MS)
    this.connections.close()
    const closed = new Promise(resolve => this.server.close(resolve))
    this.server.closeAllConnections()
    await closed
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
    if (Number(length ?? 0) > MAX_BODY_BYTES) return send(response, errorReplyOf(413), CLOSE)
    if (length === undefined && encoding === undefined) {
      return this.answer(request, response, NO_BODY)
    }
    const chunks: Buffer[] = []
    let lengthBytes = 0
    request.on('data', (chunk: Buffer) => {
      lengthBytes += chunk.length
      if (lengthBytes <= MAX_BODY_BYTES) chunks.push(chunk)
      else if (!response.headersSent) send(response, errorReplyOf(413), CLOSE)
    })
    request.on('end', () => {
      if (!response.headersSent) this.answer(request, response, Buffer.concat(chunks))
    })
  }

  private answer(
    { method = '', url = '' }: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ) {
    this.counts[Counter.requests]++
    this.counts[Counter.messagesSent]++
    if (this.stopping) return send(response, errorReplyOf(503), CLOSE)
    try {
      send(response, handleRequest(this.store, { method, target: url, body }), {})
    } catch {
      send(response, errorReplyOf(500), CLOSE)
    }
  }
}

/** How often in a timeout Node looks whether it has passed. */
const TIMEOUT_CHECKS = 10
/** While replies are finished. */
const LOOK_EVERY_MS = 10
const NO_BODY = Buffer.alloc(0)
const CLOSE: OutgoingHttpHeaders = { Connection: 'close' }

/** Node leaves the body out in the reply to HEAD. */
function send(
  response: ServerResponse,
  { status, contentType, body }: Reply,
  rest: OutgoingHttpHeaders,
): void {
  response.sendDate = false // as the other backends
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': body.length,
    ...rest,
  })
  response.end(body)
}

/**
 * What Node's parser does not take. A request that does not arrive in time gets no reply; what comes
 * behind an invalid one is ignored, since closing before the client has would cost it the reply.
 */
function refuseInvalid({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') socket.destroy()
  if (!socket.writable) return
  const status: ReplyStatus = code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
  const { head, body } = errorReply(status, { keepAlive: false, versionMinor: 1 })
  socket.end(Buffer.concat([head, body]))
}
