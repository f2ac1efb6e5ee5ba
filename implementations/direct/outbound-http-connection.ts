import type { ReplyReceiver } from '../node/outbound-http/reply-receiver.ts'
import type { NetSock } from '../node/thread-context.ts'
import { isTransient } from '../sock/errno.ts'
import { Counter } from '../threads/counters.ts'
import type { OutboundHttpMemory } from '../threads/outbound-http-memory.ts'

/** A connection to an HTTP server and its socket in one. Each thread has an object of its own. */
export class DirectServerConnection {
  readonly memory: OutboundHttpMemory
  readonly sock: NetSock

  constructor(memory: OutboundHttpMemory, sock: NetSock) {
    this.memory = memory
    this.sock = sock
  }

  /** Sends what is queued, or a part; under `sendMutex`. @returns bytes sent */
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
export class DirectPolledConnection extends DirectServerConnection {
  readonly receiver: ReplyReceiver

  constructor(receiver: ReplyReceiver, sock: NetSock) {
    super(receiver.memory, sock)
    this.receiver = receiver
  }
}
