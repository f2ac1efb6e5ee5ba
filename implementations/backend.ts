import type { MessageHandlerContext, SocketThreadContext } from './node/thread-context.ts'

/** `p2p`: Bitcoin's protocol, version 1. `raw`: a stream of bytes, of the floor subject only. */
export type Protocol = 'p2p' | 'raw'

/** Core's names of its threads, which `/proc/PID/task/TID/comm` shows. */
export const SOCKET_THREAD = 'b-net'
export const MESSAGE_HANDLER_THREAD = 'b-msghand'

/** The threads of a subject. The floor handles nothing: it has no second thread. */
export const threadsOf = {
  p2p: [SOCKET_THREAD, MESSAGE_HANDLER_THREAD],
  raw: [SOCKET_THREAD],
} as const satisfies Record<Protocol, readonly string[]>

/**
 * One way to organise socket code. A backend is the main function of each thread that it needs,
 * per protocol it speaks; a thread ends when `subject.stopping` turns true, with its sockets closed.
 */
export interface Backend {
  readonly name: string
  readonly summary: string
  readonly protocols: { readonly [P in Protocol]?: ThreadMains }
}

interface ThreadMains {
  readonly [SOCKET_THREAD]: (context: SocketThreadContext) => void
  readonly [MESSAGE_HANDLER_THREAD]?: (context: MessageHandlerContext) => void
}
