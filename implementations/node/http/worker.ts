import { HttpConnectionMemory } from '../../threads/http-connection-memory.ts'
import type { HandlerLoop } from '../handler-loop.ts'
import type { HttpOptions } from '../service-options.ts'
import type { HandlerThreadContext } from '../thread-context.ts'
import { ChainStore } from './chain-store.ts'
import { replyTo } from './handle-request.ts'
import type { Replier } from './request-flow.ts'
import { handleRequest, type RequestHandler } from './routes.ts'

/** A backend's half that lives on a worker thread. */
export interface WorkerReplier<C> extends Replier<C> {
  /** The connection that has this slot's memory now. */
  clientOf(slotNumber: number, memory: HttpConnectionMemory): C
}

/** How long a worker thread sleeps when nobody wakes it. */
const WORKER_WAIT_MS = 1_000

/** A worker thread (Core's `ThreadHTTPWorkerPool`): handles one request after the other. */
export class HttpWorker<C> implements HandlerLoop {
  private readonly context: HandlerThreadContext<HttpOptions>
  private readonly replier: WorkerReplier<C>
  private readonly handle: RequestHandler
  private readonly store: ChainStore
  /** By slot. */
  private readonly memories: HttpConnectionMemory[] = []

  constructor(
    context: HandlerThreadContext<HttpOptions>,
    replier: WorkerReplier<C>,
    handle: RequestHandler = handleRequest,
  ) {
    this.context = context
    this.replier = replier
    this.handle = handle
    this.store = ChainStore.open(context.options.chainFile)
  }

  /** What is queued when the subject stops is handled still. */
  run(): void {
    const { service } = this.context
    for (;;) {
      const wasStopping = service.stopping // what is queued before is there for the next pass
      if (!this.pass(WORKER_WAIT_MS) && wasStopping) return
    }
  }

  /** Waits up to `timeoutMs` for a request, and handles it. @returns whether there was one */
  pass(timeoutMs: number): boolean {
    const slotNumber = this.context.service.workQueue.pop(timeoutMs)
    if (slotNumber < 0) return false
    for (const { id, buffer } of this.context.takeAnnounced()) {
      this.memories[id] = new HttpConnectionMemory(buffer)
    }
    const memory = this.memories[slotNumber]
    const client = this.replier.clientOf(slotNumber, memory)
    this.replier.reply(client, replyTo(memory, this.store, this.handle))
    return true
  }
}
