import { connectSock } from '../../implementations/sock/connect.ts'
import { describeErrno } from '../../implementations/sock/errno.ts'
import type { PosixNetwork, PosixSock } from '../../implementations/sock/posix-sock.ts'

export interface ConnectionOptions {
  /** Of 127.0.0.1. */
  port: number
  connections: number
  /** For each connection. */
  timeoutMs: number
  /** SO_SNDBUF and SO_RCVBUF, fixed so that the kernel does not tune them. */
  socketBufferBytes?: number
}

/** The sizes every driver fixes, so that the kernel's autotuning does not decide a comparison. */
export const connectionDefaults = {
  socketBufferBytes: 256 << 10,
} satisfies Partial<ConnectionOptions>

export type Connected =
  | { state: 'connected'; socks: PosixSock[] }
  | { state: 'failed'; reason: string }

/** Opens connections one by one; all or none. They are the caller's to close. */
export function openConnections(network: PosixNetwork, options: ConnectionOptions): Connected {
  const { port, connections, timeoutMs, socketBufferBytes } = { ...connectionDefaults, ...options }
  const socks: PosixSock[] = []
  for (let i = 0; i < connections; i++) {
    const sock = connectSock(network, { family: 4, host: '127.0.0.1', port }, timeoutMs, {
      sendBufferBytes: socketBufferBytes,
      receiveBufferBytes: socketBufferBytes,
    })
    if (typeof sock === 'number') {
      closeAll(socks)
      const reason = `connection ${i + 1} to 127.0.0.1:${port}: ${describeErrno(-sock)}`
      return { state: 'failed', reason }
    }
    socks.push(sock)
  }
  return { state: 'connected', socks }
}

export function closeAll(socks: Iterable<PosixSock>): void {
  for (const sock of socks) sock.close()
}
