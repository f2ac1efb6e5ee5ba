import type { Socket } from 'node:net'
import { Counter } from '../threads/counters.ts'

/** node:http reads and writes below what its users see, so its sockets are asked now and then. */
const ASK_EVERY_MS = 100

/** The open connections of a server, and what all it ever had have received and sent, in bytes. */
export class Connections {
  private readonly counts: Float64Array
  private readonly open = new Set<Socket>()
  private readonly timer: NodeJS.Timeout
  /** By now closed sockets. */
  private closedReceived = 0
  private closedSent = 0
  /** What is in the counters, which other services of the thread add to. */
  private countedReceived = 0
  private countedSent = 0

  constructor(counts: Float64Array) {
    this.counts = counts
    this.timer = setInterval(() => this.count(), ASK_EVERY_MS)
  }

  add(socket: Socket): void {
    this.open.add(socket)
    socket.on('close', () => {
      this.open.delete(socket)
      this.closedReceived += socket.bytesRead
      this.closedSent += socket.bytesWritten
      this.count()
    })
  }

  /** Whether something waits to be taken by the kernel. */
  get isSending(): boolean {
    return [...this.open].some(({ writableLength }) => writableLength > 0)
  }

  /** Counts no more but what closes. */
  close(): void {
    clearInterval(this.timer)
  }

  private count(): void {
    let received = this.closedReceived
    let sent = this.closedSent
    for (const { bytesRead, bytesWritten } of this.open) {
      received += bytesRead
      sent += bytesWritten
    }
    this.counts[Counter.bytesReceived] += received - this.countedReceived
    this.counts[Counter.bytesSent] += sent - this.countedSent
    this.countedReceived = received
    this.countedSent = sent
  }
}
