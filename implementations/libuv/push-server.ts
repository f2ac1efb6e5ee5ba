import { createServer, type Server, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { MAX_CONNECTIONS } from '../node/loop-constants.ts'
import { SLOW_SUBSCRIBER } from '../node/push/push-handler.ts'
import type { PushOptions } from '../node/service-options.ts'
import type { SocketThreadContext } from '../node/thread-context.ts'
import { NO_EXTENSION, SV2_HEADER_SIZE, writeFrame } from '../protocol/sv2/frame.ts'
import { PushMessage } from '../protocol/sv2/messages/push-message.ts'
import { PushRequestTransport } from '../protocol/sv2/push-request.ts'
import { Counter } from '../threads/counters.ts'
import { SEND_BUFFER_BYTES } from '../threads/send-queue.ts'
import { listenWith } from './listen.ts'
import type { PushClockData, PushMoment } from './push-clock.ts'

/** A source of messages over node:net: a worker thread tells when, the event loop sends. */
export async function runLibuvPush(
  context: SocketThreadContext<PushOptions>,
  stopped: Promise<void>,
): Promise<void> {
  const clock = startClock(context)
  const server = new LibuvPushServer(context, clock)
  clock.on('message', (moment: PushMoment) => server.push(moment))
  await stopped
  server.close()
}

/** Ends when `service.stopping` turns true. */
function startClock({ options, service }: SocketThreadContext<PushOptions>): Worker {
  const workerData: PushClockData = { options, serviceBuffer: service.buffer }
  return new Worker(new URL('./push-clock.js', import.meta.url), { workerData })
}

class LibuvPushServer {
  private readonly context: SocketThreadContext<PushOptions>
  private readonly counts: Float64Array
  private readonly clock: Worker
  private readonly server: Server
  private readonly subscribers = new Set<LibuvSubscriber>()
  private readonly message: PushMessage
  private nextId = 0

  constructor(context: SocketThreadContext<PushOptions>, clock: Worker) {
    this.context = context
    this.counts = context.counters.counts
    this.clock = clock
    this.message = new PushMessage(context.options.message)
    this.server = createServer({ noDelay: true }, socket => this.accept(socket))
    listenWith(this.server, context, context.options.listen)
  }

  push({ intendedNs, pushedNs }: PushMoment): void {
    const { messageType, payload } = this.message
    for (const subscriber of this.subscribers) {
      const { socket } = subscriber
      this.message.stamp(subscriber.messages++, intendedNs, pushedNs)
      const frame = Buffer.allocUnsafe(SV2_HEADER_SIZE + payload.length)
      writeFrame(frame, 0, NO_EXTENSION, messageType, payload)
      if (socket.writableLength + frame.length > SEND_BUFFER_BYTES) {
        this.disconnect(subscriber)
        continue
      }
      socket.write(frame)
      this.counts[Counter.messagesSent]++
      this.counts[Counter.bytesSent] += frame.length
    }
  }

  close(): void {
    this.server.close()
    for (const { socket } of this.subscribers) socket.destroy()
  }

  private accept(socket: Socket): void {
    if (this.subscribers.size >= MAX_CONNECTIONS) {
      socket.destroy()
      return
    }
    const subscriber = new LibuvSubscriber(this.nextId++, socket)
    this.subscribers.add(subscriber)
    socket.on('data', data => this.receive(subscriber, data))
    socket.on('end', () => socket.destroy())
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => this.remove(subscriber))
  }

  private receive({ requests }: LibuvSubscriber, data: Buffer): void {
    this.counts[Counter.bytesReceived] += data.length
    const messages = requests.receivedBytes(data)
    if (messages > 0) this.ask(messages)
  }

  private ask(messages: number): void {
    this.clock.postMessage(messages)
    this.context.service.handlerWakeUp.wake()
  }

  private disconnect(subscriber: LibuvSubscriber): void {
    const { id, socket } = subscriber
    this.subscribers.delete(subscriber)
    this.context.report({ kind: 'peer-disconnected', id, reason: SLOW_SUBSCRIBER })
    socket.destroy()
  }

  private remove(subscriber: LibuvSubscriber): void {
    this.subscribers.delete(subscriber)
    if (this.subscribers.size === 0) this.ask(0)
    this.context.report({ kind: 'connection-closed', id: subscriber.id })
  }
}

class LibuvSubscriber {
  readonly id: number
  readonly socket: Socket
  readonly requests = new PushRequestTransport()
  /** Messages pushed to it, which is the sequence number of the next. */
  messages = 0

  constructor(id: number, socket: Socket) {
    this.id = id
    this.socket = socket
  }
}
