import type { Activity } from '../node/inactivity.ts'
import { MessageReceiver } from '../node/message-receiver.ts'
import type { Node } from '../node/node.ts'
import type { NetSock } from '../node/thread-context.ts'
import { isTransient } from '../sock/errno.ts'
import type { ConnectionMemory } from '../threads/connection-memory.ts'
import { Counter } from '../threads/counters.ts'

/** Core's `CNode`: the peer and its socket in one. Each thread has an object of its own. */
export class DirectNode implements Node, Activity {
  readonly id: number
  readonly inbound: boolean
  readonly memory: ConnectionMemory
  readonly sock: NetSock
  readonly receiver: MessageReceiver
  readonly connectedAtMs: number
  lastRecvMs: number

  constructor(id: number, inbound: boolean, memory: ConnectionMemory, sock: NetSock) {
    this.id = id
    this.inbound = inbound
    this.memory = memory
    this.sock = sock
    this.receiver = new MessageReceiver(memory.received)
    this.connectedAtMs = performance.now()
    this.lastRecvMs = this.connectedAtMs
  }

  /** `CConnman::SocketSendData`; under `sendMutex`. @returns bytes sent */
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
