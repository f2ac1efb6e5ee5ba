import type { Subscriber } from '../node/push/push-handler.ts'
import type { NetSock } from '../node/thread-context.ts'
import { PushRequestTransport } from '../protocol/sv2/push-request.ts'
import { isTransient } from '../sock/errno.ts'
import { Counter } from '../threads/counters.ts'
import type { PushConnectionMemory } from '../threads/push-connection-memory.ts'

/** A subscriber and its socket in one. Each thread has an object of its own. */
export class DirectSubscriber implements Subscriber {
  readonly id: number
  readonly memory: PushConnectionMemory
  readonly sock: NetSock
  readonly requests = new PushRequestTransport()
  messages = 0

  constructor(id: number, memory: PushConnectionMemory, sock: NetSock) {
    this.id = id
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
