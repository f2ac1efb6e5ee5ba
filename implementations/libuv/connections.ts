import type { Socket } from 'node:net'
import { Counter } from '../threads/counters.ts'

/** node:http reads and writes below what its users see, so its sockets are asked now and then. */
const ASK_EVERY_MS = 100

/** The open connections of a server, and what all it ever had have received and sent, in bytes. */
export class Connections {
  private readonly counts: Float64Array
  /** With what of each is in the counters by now. */
  private readonly open = new Map<Socket, Counted>()
  private readonly timer: NodeJS.Timeout

  constructor(counts: Float64Array) {
    this.counts = counts
    this.timer = setInterval(() => this.countAll(), ASK_EVERY_MS)
  }

  add(socket: Socket): void {
    const counted = { received: 0, sent: 0 }
    this.open.set(socket, counted)
    socket.on('close', () => {
      this.open.delete(socket)
      this.count(socket, counted)
    })
  }

  /** Whether something waits to be taken by the kernel. */
  get isSending(): boolean {
    return [...this.open.keys()].some(({ writableLength }) => writableLength > 0)
  }

  /** Counts no more but what closes. */
  close(): void {
    clearInterval(this.timer)
  }

  private countAll(): void {
    for (const [socket, counted] of this.open) this.count(socket, counted)
  }

  /** What the socket has received and sent since the last time. */
  private count({ bytesRead, bytesWritten }: Socket, counted: Counted): void {
    this.counts[Counter.bytesReceived] += bytesRead - counted.received
    this.counts[Counter.bytesSent] += bytesWritten - counted.sent
    counted.received = bytesRead
    counted.sent = bytesWritten
  }
}

/** In bytes. */
interface Counted {
  received: number
  sent: number
}
