import type { HttpSession } from '../node/http/http-session.ts'
import type { NetSock } from '../node/thread-context.ts'
import { isTransient } from '../sock/errno.ts'
import { Counter } from '../threads/counters.ts'
import type { HttpConnectionMemory } from '../threads/http-connection-memory.ts'

/** An HTTP client and its socket in one. Each thread has an object of its own. */
export class DirectHttpClient {
  readonly memory: HttpConnectionMemory
  readonly sock: NetSock

  constructor(memory: HttpConnectionMemory, sock: NetSock) {
    this.memory = memory
    this.sock = sock
  }

  /** Sends what is queued; under `sendMutex`. @returns bytes sent */
  socketSendData(counts: Float64Array): number {
    const { memory } = this
    let bytesSent = 0
    while (!memory.sending.isEmpty) {
      const pending = memory.sending.pending()
      const n = this.send(pending)
      if (n < 0) {
        if (!isTransient(-n)) memory.requestDisconnect()
        break
      }
      memory.sending.consume(n)
      bytesSent += n
      if (n < pending.length) {
        if (n > 0) counts[Counter.partialSends]++
        break
      }
    }
    counts[Counter.bytesSent] += bytesSent
    return bytesSent
  }

  private send(data: Uint8Array): number {
    const { sockMutex } = this.memory
    sockMutex.lock()
    const n = this.memory.closed ? 0 : this.sock.send(data, false)
    sockMutex.unlock()
    return n
  }
}

/** On the socket thread. */
export class DirectHttpServedClient extends DirectHttpClient {
  readonly session: HttpSession

  constructor(session: HttpSession, sock: NetSock) {
    super(session.memory, sock)
    this.session = session
  }
}
