import type { Backend } from '../../implementations/backend.ts'
import type {
  HttpOptions,
  PushOptions,
  ServiceOptions,
} from '../../implementations/node/service-options.ts'
import { iterateSocketLoop, type SocketHandler } from '../../implementations/node/socket-loop.ts'
import type { SocketThreadContext } from '../../implementations/node/thread-context.ts'
import { writeRequest } from '../../implementations/protocol/http/request.ts'
import { ThreadCounters } from '../../implementations/threads/counters.ts'
import { ServiceMemory } from '../../implementations/threads/service-memory.ts'
import { MemoryNetwork, NOWHERE } from './memory-network.ts'

/**
 * Two more consumers of the same backend in this isolate: a web server and a message source. In a
 * SockMan that consumers inherit, every call of an event then has seen three classes.
 */
export class Companions {
  private readonly stages: readonly CompanionStage[]

  constructor({ name, protocols: { http, push } }: Backend) {
    if (http?.onSocketThread.loop !== 'poll' || push?.onSocketThread.loop !== 'poll') {
      throw new Error(`${name} lacks a consumer whose loop of poll(2) could be stepped`)
    }
    this.stages = [
      new CompanionStage(httpOptions, http.onSocketThread.open, REQUEST, 'must answer'),
      new CompanionStage(pushOptions, push.onSocketThread.open, IGNORED, 'only receives'),
    ]
  }

  /** Runs both for so long that V8 has seen and compiled what they make of the loop. */
  warmUp(): void {
    for (let i = 0; i < WARM_UP_ITERATIONS; i++) for (const stage of this.stages) stage.iterate()
    for (const stage of this.stages) stage.check()
  }
}

const WARM_UP_ITERATIONS = 5_000
const CONNECTIONS = 8

const shared = { sendMode: 'optimistic', socketBufferBytes: 1 << 16, listen: NOWHERE } as const
const httpOptions: HttpOptions = {
  ...shared,
  protocol: 'http',
  workers: 0,
  // An empty chain file: the genesis block is there without one.
  chainFile: '/dev/null',
  idleTimeoutMs: 30_000,
}
const pushOptions: PushOptions = {
  ...shared,
  protocol: 'push',
  message: 'probe',
  meanIntervalUs: 1_000,
  seed: 1,
}

const REQUEST = writeRequest({
  method: 'GET',
  target: '/rest/chaininfo.json',
  host: 'memory',
  keepAlive: true,
})
const IGNORED = new Uint8Array(4)

class CompanionStage {
  private readonly network = new MemoryNetwork()
  private readonly context: SocketThreadContext
  private readonly loop: SocketHandler[]
  private readonly incoming: Uint8Array
  private readonly answers: 'must answer' | 'only receives'
  private iterations = 0

  constructor(
    options: ServiceOptions,
    open: (context: SocketThreadContext<never>) => SocketHandler,
    incoming: Uint8Array,
    answers: 'must answer' | 'only receives',
  ) {
    this.context = {
      options,
      network: this.network,
      service: ServiceMemory.create(),
      counters: ThreadCounters.create(),
      report: () => {},
      wakeUp: undefined,
      announce: () => {},
      takeHandedOver: () => [],
    }
    this.loop = [open(this.context as SocketThreadContext<never>)]
    this.incoming = incoming
    this.answers = answers
    const [listener] = this.network.socks
    for (let i = 0; i < CONNECTIONS; i++) listener.acceptable.push(this.network.createSock())
    // One is accepted per iteration.
    for (let i = 0; i < CONNECTIONS; i++) iterateSocketLoop(this.context, this.loop)
  }

  iterate(): void {
    const [, ...connections] = this.network.socks
    for (const sock of connections) sock.incoming = this.incoming
    iterateSocketLoop(this.context, this.loop)
    this.iterations++
  }

  /** @throws unless every connection has received, and answered, each time */
  check(): void {
    const [, ...connections] = this.network.socks
    const lazy = connections.filter(
      ({ isReadable, sends }) =>
        isReadable || (this.answers === 'must answer' && sends !== this.iterations),
    )
    if (lazy.length > 0) {
      throw new Error(`${lazy.length} of ${connections.length} connections did not take part`)
    }
  }
}
