import { channel } from 'node:diagnostics_channel'

/**
 * Tracepoints on the way of a message through the memory that threads share, in the order in which a
 * message passes them: channels of node:diagnostics_channel, the counterpart of Core's USDT tracepoints
 * (net:inbound_message, net:outbound_message). They are where all backends run the same code. A call
 * site asks `hasSubscribers` first, so that without one nothing is made and no clock is read; what it
 * calls then stands below, where it does not make functions longer that V8 is to inline.
 * docs/tracing.md lists them all.
 */
export const receivedBytes = channel('sockbench:net:received_bytes')
export const completeMessage = channel('sockbench:net:complete_message')
export const publishedMessages = channel('sockbench:net:published_messages')
export const inboundMessage = channel('sockbench:net:inbound_message')
export const handledMessage = channel('sockbench:net:handled_message')
export const sendMessagesReturned = channel('sockbench:net:send_messages_returned')
export const intendedMessage = channel('sockbench:net:intended_message')
export const outboundMessage = channel('sockbench:net:outbound_message')
export const sentBytes = channel('sockbench:net:sent_bytes')
export const closedConnection = channel('sockbench:net:closed_connection')

/** Order is that in a trace ring. */
export const tracedProtocols = ['none', 'p2p', 'http', 'push', 'outbound-http'] as const
export type TracedProtocol = (typeof tracedProtocols)[number]

/** Tells a connection from every other of its process, for as long as that lives. */
export interface TracedConnection {
  readonly protocol: TracedProtocol
  /** Unique within a service. */
  readonly connectionId: number
}

/** Of queues that belong to no connection, in tests. */
export const NO_CONNECTION: TracedConnection = { protocol: 'none', connectionId: -1 }

/** Of a protocol that gives its messages no numbers: one is under way per connection. */
export const UNNUMBERED = -1

interface OfConnection {
  protocol: TracedProtocol
  connection: number
}

/** A recv brought so many bytes of this connection: the one that returned last in this thread. */
export interface ReceivedBytes extends OfConnection {
  bytes: number
}

/** The last byte of a message was parsed. */
export interface CompleteMessage extends OfConnection {
  /** Counts the messages of a P2P connection from 0; `UNNUMBERED` elsewhere. */
  message: number
  /** A `MessageType` for P2P, an index of `httpMethods` for HTTP, the status of a reply. */
  type: number
  /** With its header; 0 where the parser does not count. */
  sizeBytes: number
  /** Received behind it, and not parsed yet. */
  behindBytes: number
}

/** What is complete is handed over to the handler thread now. */
export interface PublishedMessages extends OfConnection {
  /** Complete so far, counted from 0; `UNNUMBERED`: the one that is under way. */
  messages: number
}

/** A handler takes the message up (Core's net:inbound_message). */
export interface InboundMessage extends OfConnection {
  message: number
  type: number
  /** Of the payload or body. */
  sizeBytes: number
}

export interface HandledMessage extends OfConnection {
  message: number
}

/** What was due to a peer besides answers is queued (`SendMessages` has returned). */
export type SendMessagesReturned = OfConnection

/** A message is pushed that the schedule wanted at `intendedNs`, CLOCK_MONOTONIC. */
export interface IntendedMessage extends OfConnection {
  sequence: number
  intendedNs: number
}

/** A message is behind what is queued (Core's net:outbound_message); under `sendMutex`. */
export interface OutboundMessage extends OfConnection {
  /** A `MessageType` for P2P, the status of an HTTP reply, a message type of Stratum v2. */
  type: number
  /** With its header. */
  sizeBytes: number
  /** What is queued now, this message included. */
  queuedBytes: number
}

/** send(2) has taken so many of the oldest queued bytes; under `sendMutex`. */
export interface SentBytes extends OfConnection {
  bytes: number
  leftBytes: number
}

export type ClosedConnection = OfConnection

export function traceReceivedBytes(of: TracedConnection, bytes: number): void {
  receivedBytes.publish({ ...idOf(of), bytes } satisfies ReceivedBytes)
}

export function traceCompleteMessage(
  of: TracedConnection,
  message: number,
  type: number,
  sizeBytes: number,
  behindBytes: number,
): void {
  const event = { ...idOf(of), message, type, sizeBytes, behindBytes }
  completeMessage.publish(event satisfies CompleteMessage)
}

export function tracePublishedMessages(of: TracedConnection, messages: number): void {
  publishedMessages.publish({ ...idOf(of), messages } satisfies PublishedMessages)
}

export function traceInboundMessage(
  of: TracedConnection,
  message: number,
  type: number,
  sizeBytes: number,
): void {
  inboundMessage.publish({ ...idOf(of), message, type, sizeBytes } satisfies InboundMessage)
}

export function traceHandledMessage(of: TracedConnection, message: number): void {
  handledMessage.publish({ ...idOf(of), message } satisfies HandledMessage)
}

export function traceSendMessagesReturned(of: TracedConnection): void {
  sendMessagesReturned.publish(idOf(of) satisfies SendMessagesReturned)
}

export function traceIntendedMessage(
  of: TracedConnection,
  sequence: number,
  intendedNs: number,
): void {
  intendedMessage.publish({ ...idOf(of), sequence, intendedNs } satisfies IntendedMessage)
}

export function traceOutboundMessage(
  of: TracedConnection,
  type: number,
  sizeBytes: number,
  queuedBytes: number,
): void {
  outboundMessage.publish({ ...idOf(of), type, sizeBytes, queuedBytes } satisfies OutboundMessage)
}

export function traceSentBytes(of: TracedConnection, bytes: number, leftBytes: number): void {
  sentBytes.publish({ ...idOf(of), bytes, leftBytes } satisfies SentBytes)
}

export function traceClosedConnection(of: TracedConnection): void {
  closedConnection.publish(idOf(of) satisfies ClosedConnection)
}

function idOf({ protocol, connectionId }: TracedConnection): OfConnection {
  return { protocol, connection: connectionId }
}
