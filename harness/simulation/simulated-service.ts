import type { Backend, Service } from '../../implementations/backend.ts'
import type { HandlerLoop } from '../../implementations/node/handler-loop.ts'
import { HttpWorker } from '../../implementations/node/http/worker.ts'
import { SHUTDOWN_GRACE_MS } from '../../implementations/node/loop-constants.ts'
import { MessageHandler } from '../../implementations/node/message-handler.ts'
import { Wallet } from '../../implementations/node/outbound-http/wallet.ts'
import { PushHandler } from '../../implementations/node/push/push-handler.ts'
import type {
  HttpOptions,
  OutboundHttpOptions,
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
import { ThreadCounters } from '../../implementations/threads/counters.ts'
import { ServiceMemory } from '../../implementations/threads/service-memory.ts'
import type { SimulatedTime } from './simulated-time.ts'

export type SimulatedOptions = P2pOptions | HttpOptions | PushOptions | OutboundHttpOptions

/** What a service is run on, and what is looked at from outside. */
export interface SimulatedNetwork extends Network<NetSock> {
  /** Number of the step that the simulation is in. */
  moment: number
  /** All that the last poll has told of. */
  occurred: number
  /** Descriptors that the subject has open. */
  readonly open: number
  /** Whether the connection of this number, from 0, has met a permanent error. */
  hasFailed(connection: number): boolean
  readonly violations: readonly string[]
  /** Faults that took effect, by kind. */
  readonly injected: ReadonlyMap<string, number>
  /** By connection. */
  readonly calls: ReadonlyMap<string, readonly string[]>
}

/**
 * What happens besides a handler thread. It yields where that thread has a turn, and is told whether there
 * was, or is, something to handle.
 */
export type Script = Generator<void, void, boolean>

/**
 * One service of a backend with all its threads in this one, stepped by hand: its real socket loop and its
 * real handlers. A step is atomic: threads are interleaved between their steps and not within.
 */
export class SimulatedService {
  readonly events: ThreadEvent[] = []
  /** Every connection that handler threads were told of. */
  readonly announced: OpenedConnection[] = []
  /** Each thread has returned from its main function. */
  readonly ended = { socketThread: false, handler: false }
  /** What was in flight when it was stopped was not finished in time. */
  gaveUp = false
  private readonly network: SimulatedNetwork
  private readonly service = ServiceMemory.create()
  private readonly context: SocketThreadContext
  private readonly loop: SocketHandler
  private readonly iterateLoop: IterateLoop
  private readonly handler: SteppedHandler
  private stopDeadlineMs = Number.POSITIVE_INFINITY

  /** @throws if the backend has no loop of poll(2) for the protocol */
  constructor(
    backend: Backend,
    options: SimulatedOptions,
    network: SimulatedNetwork,
    iterate: IterateLoop = (context, loop) => iterateSocketLoop(context, [loop]),
  ) {
    this.network = network
    this.iterateLoop = iterate
    const handedOver: OpenedConnection[] = []
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
      takeHandedOver: takerOf(handedOver),
    }
    const handlerContext: HandlerThreadContext = {
      ...shared,
      counters: ThreadCounters.create(),
      takeAnnounced: takerOf(this.announced),
      handOver: connection => handedOver.push(connection),
    }
    const threads = openThreads(backend, options, this.context, handlerContext)
    this.loop = threads.loop
    this.handler = threads.handler
  }

  get stopping(): boolean {
    return this.service.stopping
  }

  /** Runs the script and the handler thread, which takes turns with it. */
  run(script: Script, time: SimulatedTime): void {
    if ('thread' in this.handler) this.runThread(this.handler.thread, script, time)
    else for (let turn = script.next(); !turn.done; ) turn = script.next(this.pass())
  }

  /** Of a handler that is stepped from pass to pass. @returns whether there is, or was, something to handle */
  pass(): boolean {
    if ('thread' in this.handler)
      throw new Error('it waits in the middle of its work: run a script')
    if (this.ended.handler) return false
    const { pass, whenStopping } = this.handler
    const isHandling = !(this.stopping && whenStopping === 'ends') && pass()
    this.ended.handler = this.stopping && !isHandling
    return isHandling
  }

  /** An iteration of the socket loop, or its end. @returns all that poll has told of */
  iterate(): number {
    this.network.occurred = 0
    if (this.ended.socketThread) return 0
    if (this.stopping && (this.loop.finished || performance.now() >= this.stopDeadlineMs))
      this.endSocketThread()
    else this.iterateLoop(this.context, this.loop)
    return this.network.occurred
  }

  /** As `runSocketLoop`: what is in flight is finished, as far as it is in time, then all is closed. */
  stop(): void {
    this.stopDeadlineMs = performance.now() + SHUTDOWN_GRACE_MS
    this.service.stop()
    this.loop.interrupt()
  }

  private endSocketThread(): void {
    this.gaveUp = !this.loop.finished
    this.loop.close()
    this.ended.socketThread = true
  }

  /** The thread runs until it sleeps; the script goes on until the thread has a turn and may wake up. */
  private runThread(thread: HandlerLoop, script: Script, time: SimulatedTime): void {
    let isOver = false
    time.meanwhile = isAwake => {
      let hasRun = true
      do {
        isOver = script.next(hasRun).done === true
        if (isOver) throw new Unfinished()
        hasRun = false
      } while (!isAwake())
    }
    try {
      thread.run()
      this.ended.handler = true
    } catch (error) {
      if (!(error instanceof Unfinished)) throw error
    } finally {
      time.meanwhile = undefined
    }
    while (!isOver) isOver = script.next(false).done === true
  }
}

type IterateLoop = (context: SocketThreadContext, loop: SocketHandler) => void

/** The script is over, and the thread still sleeps. */
class Unfinished extends Error {}

interface Threads {
  loop: SocketHandler
  handler: SteppedHandler
}

/** It is stepped from pass to pass, or, where it waits in the middle of its work, from sleep to sleep. */
type SteppedHandler = PassingHandler | { readonly thread: HandlerLoop }

interface PassingHandler {
  /** @returns whether there is, or was, something to handle */
  readonly pass: () => boolean
  readonly whenStopping: 'ends' | 'handles what is left'
}

/** The socket thread does its work. */
const NO_HANDLER: PassingHandler = { pass: () => false, whenStopping: 'ends' }

function openThreads(
  backend: Backend,
  options: SimulatedOptions,
  socketContext: SocketThreadContext,
  handlerContext: HandlerThreadContext,
): Threads {
  switch (options.protocol) {
    case 'p2p':
      return open(
        backend.protocols.p2p,
        { ...socketContext, options },
        { ...handlerContext, options },
      )
    case 'http':
      return open(
        backend.protocols.http,
        { ...socketContext, options },
        { ...handlerContext, options },
      )
    case 'push':
      return open(
        backend.protocols.push,
        { ...socketContext, options },
        { ...handlerContext, options },
      )
    case 'outbound-http':
      return open(
        backend.protocols['outbound-http'],
        { ...socketContext, options },
        { ...handlerContext, options },
      )
  }
}

function open<O extends SimulatedOptions>(
  service: Service<O> | undefined,
  socketContext: SocketThreadContext<O>,
  handlerContext: HandlerThreadContext<O>,
): Threads {
  if (service?.onSocketThread.loop !== 'poll') throw new Error('no loop of poll(2) to be stepped')
  const loop = service.onSocketThread.open(socketContext)
  const { options } = handlerContext
  if (options.protocol === 'http' && options.workers === 0) return { loop, handler: NO_HANDLER }
  return { loop, handler: stepped(service.openHandler?.(handlerContext)) }
}

function stepped(handler: HandlerLoop | undefined): SteppedHandler {
  if (handler instanceof MessageHandler) {
    return { pass: () => handler.pass(), whenStopping: 'ends' }
  }
  if (handler instanceof HttpWorker) {
    return { pass: () => handler.pass(0), whenStopping: 'handles what is left' }
  }
  if (handler instanceof PushHandler) {
    return { pass: () => Number.isFinite(handler.pass()), whenStopping: 'ends' }
  }
  if (handler instanceof Wallet) return { thread: handler }
  throw new Error('no handler that could be stepped')
}

function wakeUpFor({ sendMode }: ServiceOptions, network: SimulatedNetwork) {
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
