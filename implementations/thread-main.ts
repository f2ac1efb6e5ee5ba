/** A thread of a subject: the entry module of its worker. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { Service } from './backend.ts'
import type { ServiceOptions } from './node/service-options.ts'
import { runSocketLoop } from './node/socket-loop.ts'
import type {
  HandlerThreadContext,
  NetSock,
  OpenedConnection,
  SocketThreadContext,
  ThreadContext,
} from './node/thread-context.ts'
import { findBackend } from './registry.ts'
import { withSpins } from './sock/planted-sock.ts'
import { PosixNetwork } from './sock/posix-sock.ts'
import type { Network } from './sock/sock.ts'
import { setThreadName } from './sock/thread-name.ts'
import { Counter, ThreadCounters } from './threads/counters.ts'
import { ServiceMemory } from './threads/service-memory.ts'
import { offerTracing } from './trace/tracing-switch.ts'

export interface ThreadData {
  backend: string
  name: string
  role: 'socket' | 'handler'
  /** What the thread serves; a handler thread, one service; a socket thread, one or more in one loop. */
  services: ServiceData[]
  countersBuffer: SharedArrayBuffer
  /** Turns of a loop after each recv that brings something: a planted slowdown; null: none, not even of 0. */
  spinsPerRecv: number | null
}

export interface ServiceData {
  options: ServiceOptions
  memoryBuffer: SharedArrayBuffer
  wakeUpFd: number | undefined
  /** To the threads on the other side: new connections, in both directions. */
  connections: MessagePort[]
}

async function main(data: ThreadData): Promise<void> {
  const { backend, name, role, services, countersBuffer, spinsPerRecv } = data
  setThreadName(name)
  offerTracing(name, event => parentPort?.postMessage(event))
  const counters = new ThreadCounters(countersBuffer)
  const network = withSpins(new PosixNetwork(counters.syscalls), spinsPerRecv, ns => {
    counters.counts[Counter.spinSamples]++
    counters.counts[Counter.spinSampleNs] += ns
  })
  const contexts = services.map(service => contextOf(service, network, counters))
  const implementations = services.map(({ options }) => serviceOf(backend, options))
  if (role === 'socket') await runSocketThread(implementations, contexts)
  else implementations[0].openHandler?.(contexts[0]).run()
  for (const { connections } of services) for (const port of connections) port.close()
}

/** Consumers that poll(2) share the thread's loop; those with a loop of their own share its event loop. */
async function runSocketThread(
  services: readonly Service<ServiceOptions>[],
  contexts: readonly SocketThreadContext[],
): Promise<void> {
  const handlers = services.flatMap(({ onSocketThread }, i) =>
    onSocketThread.loop === 'poll' ? [onSocketThread.open(contexts[i])] : [],
  )
  if (handlers.length > 0) return runSocketLoop(contexts[0], handlers)
  let stop = () => {}
  const stopped = new Promise<void>(resolve => {
    stop = resolve
  })
  parentPort?.on('message', stop)
  await Promise.all(
    services.map(async ({ onSocketThread }, i) => {
      if (onSocketThread.loop === 'own') await onSocketThread.run(contexts[i], stopped)
    }),
  )
  // A port that is listened to keeps the thread alive.
  parentPort?.off('message', stop)
}

/** The options name the protocol, so that the service found is the one for them. */
function serviceOf(backend: string, { protocol }: ServiceOptions): Service<ServiceOptions> {
  const service = findBackend(backend)?.protocols[protocol]
  if (service === undefined) throw new Error(`${backend} does not speak ${protocol}`)
  return service as Service<ServiceOptions>
}

function contextOf(
  { options, memoryBuffer, wakeUpFd, connections }: ServiceData,
  network: Network<NetSock>,
  counters: ThreadCounters,
): SocketThreadContext & HandlerThreadContext {
  const service = new ServiceMemory(memoryBuffer)
  const context: ThreadContext = {
    options,
    network,
    service,
    counters,
    wakeUp: wakeUpFd === undefined ? undefined : network.attachWakeUp(wakeUpFd),
    report: event => parentPort?.postMessage(event),
  }
  const post = (connection: OpenedConnection) => {
    for (const port of connections) port.postMessage(connection)
  }
  return {
    ...context,
    announce: connection => {
      post(connection)
      service.countAnnounced()
    },
    handOver: connection => {
      post(connection)
      service.countHandedOver()
    },
    takeAnnounced: takerOf(connections, () => service.announced),
    takeHandedOver: takerOf(connections, () => service.handedOver),
  }
}

/** A worker in a loop gets no 'message' events: it has to fetch what was posted. */
function takerOf(ports: readonly MessagePort[], posted: () => number) {
  let taken = 0
  return (): OpenedConnection[] => {
    if (posted() === taken) return NONE
    const opened: OpenedConnection[] = []
    for (const port of ports) {
      for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
        opened.push(next.message as OpenedConnection)
      }
    }
    taken += opened.length
    return opened
  }
}

const NONE: OpenedConnection[] = []

await main(workerData as ThreadData)
