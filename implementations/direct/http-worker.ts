import { HttpWorker, type WorkerReplier } from '../node/http/worker.ts'
import type { HttpOptions } from '../node/service-options.ts'
import type { HandlerThreadContext } from '../node/thread-context.ts'
import type { HttpConnectionMemory } from '../threads/http-connection-memory.ts'
import { DirectHttpClient } from './http-client.ts'
import { DirectHttpReplier } from './http-replier.ts'

export function openDirectHttpWorker(
  context: HandlerThreadContext<HttpOptions>,
): HttpWorker<DirectHttpClient> {
  return new HttpWorker(context, new DirectHttpWorkerReplier(context))
}

/** A client sends on its own socket, of which each worker thread has a handle. */
class DirectHttpWorkerReplier extends DirectHttpReplier implements WorkerReplier<DirectHttpClient> {
  private readonly network: HandlerThreadContext['network']
  /** By slot, with the id of the connection. */
  private readonly known: { connectionId: number; client: DirectHttpClient }[] = []

  constructor(context: HandlerThreadContext<HttpOptions>) {
    super(context)
    this.network = context.network
  }

  clientOf(slotNumber: number, memory: HttpConnectionMemory): DirectHttpClient {
    const { connectionId, fd } = memory
    const known = this.known[slotNumber]
    if (known?.connectionId === connectionId) return known.client
    const client = new DirectHttpClient(memory, this.network.attach(fd))
    this.known[slotNumber] = { connectionId, client }
    return client
  }
}
