import type { Backend } from '../../implementations/backend.ts'
import { HttpWorker } from '../../implementations/node/http/worker.ts'
import { MessageHandler } from '../../implementations/node/message-handler.ts'
import { PushHandler } from '../../implementations/node/push/push-handler.ts'
import type {
  HttpOptions,
  P2pOptions,
  PushOptions,
  ServiceOptions,
} from '../../implementations/node/service-options.ts'
import { iterateSocketLoop, type SocketHandler } from '../../implementations/node/socket-loop.ts'
import type {
  HandlerThreadContext,
  NetSock,
  OpenedConnection,
  SocketThreadContext,
  ThreadEvent,
} from '../../implementations/node/thread-context.ts'
import type { Network } from '../../implementations/sock/sock.ts'
import { Counter, ThreadCounters } from '../../implementations/threads/counters.ts'
import { ServiceMemory } from '../../implementations/threads/service-memory.ts'

export type SimulatedOptions = P2pOptions | HttpOptions | PushOptions

/**
 * One service of a backend with all its threads in this one, stepped by hand: its real socket loop and its
 * real handlers. A step is atomic: threads are interleaved between their steps and not within.
 */
export class SimulatedService {
  readonly events: ThreadEvent[] = []
  /** Every connection that handler threads were told of. */
  readonly announced: OpenedConnection[] = []
  private readonly service = ServiceMemory.create()
  private readonly context: SocketThreadContext
  private readonly loop: SocketHandler
  private readonly handle: () => boolean

  /** @throws if the backend has no loop of poll(2) for the protocol */
  constructor(backend: Backend, options: SimulatedOptions, network: Network<NetSock>) {
    const shared = {
      options,
      network,
      service: this.service,
      report: (event: ThreadEvent) => this.events.push(event),
      wakeUp: wakeUpFor(options, network),
    }
    this.context = {
      ...shared,
      counters: ThreadCounters.create(),
      announce: connection => this.announced.push(connection),
      takeHandedOver: () => [],
    }
    const handlerContext: HandlerThreadContext = {
      ...shared,
      counters: ThreadCounters.create(),
      takeAnnounced: takerOf(this.announced),
      handOver: () => {},
    }
    const threads = openThreads(backend, options, this.context, handlerContext)
    this.loop = threads.loop
    this.handle = threads.handle
  }

  /** An iteration of the socket loop. @returns whether anything had occurred */
  iterate(): boolean {
    const { counts } = this.context.counters
    const before = counts[Counter.pollWakeUps]
    iterateSocketLoop(this.context, [this.loop])
    return counts[Counter.pollWakeUps] > before
  }

  /** A pass of the handler thread. @returns whether there is, or was, something to handle */
  pass(): boolean {
    return this.handle()
  }

  /**
   * Ends both threads as a subject does: `stop`, then what is in flight is finished, then all is closed.
   * @returns whether it was finished in time
   */
  stop(): boolean {
    this.service.stop()
    this.loop.interrupt()
    for (let i = 0; i < STOP_ITERATIONS && !this.loop.finished; i++) {
      this.pass()
      this.iterate()
    }
    const { finished } = this.loop
    this.loop.close()
    return finished
  }
}

/** A second of polls that time out. */
const STOP_ITERATIONS = 20

interface Threads {
  loop: SocketHandler
  handle: () => boolean
}

function openThreads(
  backend: Backend,
  options: SimulatedOptions,
  socketContext: SocketThreadContext,
  handlerContext: HandlerThreadContext,
): Threads {
  switch (options.protocol) {
    case 'p2p':
      return openP2p(backend, { ...socketContext, options }, { ...handlerContext, options })
    case 'http':
      return openHttp(backend, { ...socketContext, options }, { ...handlerContext, options })
    case 'push':
      return openPush(backend, { ...socketContext, options }, { ...handlerContext, options })
  }
}

function openP2p(
  backend: Backend,
  socketContext: SocketThreadContext<P2pOptions>,
  handlerContext: HandlerThreadContext<P2pOptions>,
): Threads {
  const { onSocketThread, openHandler } = backend.protocols.p2p ?? {}
  const handler = openHandler?.(handlerContext)
  if (onSocketThread?.loop !== 'poll' || !(handler instanceof MessageHandler)) {
    throw new Error(`${backend.name} has no loop of poll(2) that could be stepped`)
  }
  return { loop: onSocketThread.open(socketContext), handle: () => handler.pass() }
}

function openHttp(
  backend: Backend,
  socketContext: SocketThreadContext<HttpOptions>,
  handlerContext: HandlerThreadContext<HttpOptions>,
): Threads {
  const { onSocketThread, openHandler } = backend.protocols.http ?? {}
  if (onSocketThread?.loop !== 'poll') {
    throw new Error(`${backend.name} has no loop of poll(2) that could be stepped`)
  }
  const loop = onSocketThread.open(socketContext)
  if (handlerContext.options.workers === 0) return { loop, handle: () => false }
  const worker = openHandler?.(handlerContext)
  if (!(worker instanceof HttpWorker))
    throw new Error(`${backend.name} has no worker to be stepped`)
  return { loop, handle: () => worker.pass(0) }
}

function openPush(
  backend: Backend,
  socketContext: SocketThreadContext<PushOptions>,
  handlerContext: HandlerThreadContext<PushOptions>,
): Threads {
  const { onSocketThread, openHandler } = backend.protocols.push ?? {}
  const handler = openHandler?.(handlerContext)
  if (onSocketThread?.loop !== 'poll' || !(handler instanceof PushHandler)) {
    throw new Error(`${backend.name} has no loop of poll(2) that could be stepped`)
  }
  return { loop: onSocketThread.open(socketContext), handle: () => handler.pass() === 0 }
}

function wakeUpFor({ sendMode }: ServiceOptions, network: Network<NetSock>) {
  const wakeUp = sendMode === 'wakeup' ? network.createWakeUp() : undefined
  return typeof wakeUp === 'number' ? undefined : wakeUp
}

function takerOf<T>(items: readonly T[]): () => T[] {
  let taken = 0
  return () => {
    const fresh = items.slice(taken)
    taken = items.length
    return fresh
  }
}
