import type { Server } from 'node:net'
import type { ThreadContext } from '../node/thread-context.ts'
import { listenOn } from '../sock/connect.ts'
import type { Address } from '../sock/sock.ts'

/**
 * Has a server of Node's listen, and reports it. node:net sets no SO_RCVBUF and SO_SNDBUF, and they
 * must be set before listen(2), so the socket is opened here and handed over as a descriptor, which
 * the server then owns. What it accepts inherits the sizes.
 */
export function listenWith(
  server: Server,
  { network, report, options: { socketBufferBytes } }: ThreadContext,
  address: Address,
): void {
  const sock = listenOn(network, address, {
    receiveBufferBytes: socketBufferBytes,
    sendBufferBytes: socketBufferBytes,
  })
  if (typeof sock === 'number') {
    report({ kind: 'listen-failed', address, errno: -sock })
    return
  }
  server.listen({ fd: sock.fd })
  const bound = sock.getsockname()
  report({ kind: 'listening', address: typeof bound === 'number' ? address : bound })
}
