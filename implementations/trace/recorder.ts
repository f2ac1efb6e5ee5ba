import type { Channel } from 'node:diagnostics_channel'
import {
  type PollCall,
  type PollReturned,
  pollCall,
  pollReturned,
  recvCall,
  recvReturned,
  type SocketCall,
  type SocketCallReturned,
  sendCall,
  sendReturned,
} from '../sock/call-points.ts'
import {
  type ClosedConnection,
  type CompleteMessage,
  closedConnection,
  completeMessage,
  type HandledMessage,
  handledMessage,
  type InboundMessage,
  type IntendedMessage,
  inboundMessage,
  intendedMessage,
  type OutboundMessage,
  outboundMessage,
  type PublishedMessages,
  publishedMessages,
  type ReceivedBytes,
  receivedBytes,
  type SendMessagesReturned,
  type SentBytes,
  sendMessagesReturned,
  sentBytes,
  tracedProtocols,
} from '../threads/message-points.ts'
import { monotonicNs } from '../threads/monotonic-clock.ts'
import { TraceCode, type TraceRing } from './trace-ring.ts'

/** Writes what the tracepoints of this thread tell into a ring, with the time, while it is subscribed. */
export class Recorder {
  private readonly ring: TraceRing
  private readonly subscriptions: readonly Subscription[]

  constructor(ring: TraceRing) {
    this.ring = ring
    this.subscriptions = subscriptionsOf(ring)
  }

  start(): void {
    for (const { channel, listener } of this.subscriptions) channel.subscribe(listener)
    this.ring.start(monotonicNs())
  }

  stop(): void {
    this.ring.stop(monotonicNs())
    for (const { channel, listener } of this.subscriptions) channel.unsubscribe(listener)
  }
}

interface Subscription {
  channel: Channel
  listener: (message: unknown) => void
}

function subscriptionsOf(ring: TraceRing): Subscription[] {
  /** Of a thread. */
  const record = (code: number, fd: number, a: number, b = 0) =>
    ring.append(code, monotonicNs(), 0, fd, a, b)
  const recordOf = (
    code: number,
    { protocol, connection }: ClosedConnection,
    a = 0,
    b = 0,
    c = 0,
    d = 0,
  ) => ring.append(code, monotonicNs(), tracedProtocols.indexOf(protocol), connection, a, b, c, d)
  return [
    on(pollCall, ({ entries, timeoutMs }: PollCall) =>
      record(TraceCode.poll, -1, entries, timeoutMs),
    ),
    on(pollReturned, ({ ready }: PollReturned) => record(TraceCode.poll_returned, -1, ready)),
    on(recvCall, ({ fd, sizeBytes }: SocketCall) => record(TraceCode.recv, fd, sizeBytes)),
    on(recvReturned, ({ fd, result }: SocketCallReturned) =>
      record(TraceCode.recv_returned, fd, result),
    ),
    on(sendCall, ({ fd, sizeBytes }: SocketCall) => record(TraceCode.send, fd, sizeBytes)),
    on(sendReturned, ({ fd, result }: SocketCallReturned) =>
      record(TraceCode.send_returned, fd, result),
    ),
    on(receivedBytes, (one: ReceivedBytes) => recordOf(TraceCode.received_bytes, one, one.bytes)),
    on(completeMessage, (one: CompleteMessage) => {
      const { message, type, sizeBytes, behindBytes } = one
      recordOf(TraceCode.complete_message, one, message, type, sizeBytes, behindBytes)
    }),
    on(publishedMessages, (one: PublishedMessages) =>
      recordOf(TraceCode.published_messages, one, one.messages),
    ),
    on(inboundMessage, (one: InboundMessage) =>
      recordOf(TraceCode.inbound_message, one, one.message, one.type, one.sizeBytes),
    ),
    on(handledMessage, (one: HandledMessage) =>
      recordOf(TraceCode.handled_message, one, one.message),
    ),
    on(sendMessagesReturned, (one: SendMessagesReturned) =>
      recordOf(TraceCode.send_messages_returned, one),
    ),
    on(intendedMessage, (one: IntendedMessage) =>
      recordOf(TraceCode.intended_message, one, one.sequence, one.intendedNs),
    ),
    on(outboundMessage, (one: OutboundMessage) =>
      recordOf(TraceCode.outbound_message, one, one.type, one.sizeBytes, one.queuedBytes),
    ),
    on(sentBytes, (one: SentBytes) =>
      recordOf(TraceCode.sent_bytes, one, one.bytes, one.leftBytes),
    ),
    on(closedConnection, (one: ClosedConnection) => recordOf(TraceCode.closed_connection, one)),
  ]
}

/** A channel carries what its tracepoint gives it. */
function on<T>(channel: Channel, take: (message: T) => void): Subscription {
  return { channel, listener: message => take(message as T) }
}
