import type { HandlerLoop } from './node/handler-loop.ts'
import type { Protocol, ServiceOptions } from './node/service-options.ts'
import type { SocketHandler } from './node/socket-loop.ts'
import type { HandlerThreadContext, SocketThreadContext } from './node/thread-context.ts'

type OptionsOf<P extends Protocol> = ServiceOptions & { protocol: P }

/**
 * One way to organise socket code: per protocol it speaks, what runs on the service's socket thread,
 * and the main function of its handler threads. A thread ends when `service.stopping` turns true,
 * with its sockets closed.
 */
export interface Backend {
  readonly name: string
  readonly summary: string
  /** Whether it can send in each of the send modes; otherwise it sends in its own way only. */
  readonly hasSendModes: boolean
  readonly protocols: { readonly [P in Protocol]?: Service<OptionsOf<P>> }
}

export interface Service<O extends ServiceOptions> {
  readonly onSocketThread: Polling<O> | Evented<O>
  readonly openHandler?: (context: HandlerThreadContext<O>) => HandlerLoop
}

/** A consumer in a loop of poll(2), by itself or with other consumers. */
interface Polling<O extends ServiceOptions> {
  readonly loop: 'poll'
  readonly open: (context: SocketThreadContext<O>) => SocketHandler
}

/** A consumer with a loop of its own: Node's event loop, or one written out. */
interface Evented<O extends ServiceOptions> {
  readonly loop: 'own'
  readonly run: (context: SocketThreadContext<O>, stopped: Promise<void>) => void | Promise<void>
}

/** The socket thread of each protocol, as `/proc/PID/task/TID/comm` shows it: Core's names where it has one. */
export const socketThreads = {
  p2p: 'b-net',
  http: 'b-http',
  push: 'b-sv2',
  'outbound-http': 'b-httpclient',
  raw: 'b-net',
} as const satisfies Record<Protocol, string>

/** What the names of a protocol's handler threads begin with; several are numbered, `b-httpworker.0`. */
export const handlerThreads = {
  p2p: 'b-msghand',
  http: 'b-httpworker',
  push: 'b-sv2msghand',
  'outbound-http': 'b-wallet',
  raw: undefined,
} as const satisfies Record<Protocol, string | undefined>

/** The names of the threads that handle a service's messages; the floor handles nothing. */
export function handlerThreadNames(options: ServiceOptions): string[] {
  const name = handlerThreads[options.protocol]
  if (name === undefined) return []
  if (options.protocol !== 'http') return [name]
  return Array.from({ length: options.workers }, (_, i) => `${name}.${i}`)
}
