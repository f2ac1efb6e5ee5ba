import type { Backend } from '../../implementations/backend.ts'
import { MessageHandler } from '../../implementations/node/message-handler.ts'
import type { Node } from '../../implementations/node/node.ts'
import type { P2pOptions } from '../../implementations/node/service-options.ts'
import { iterateSocketLoop, type SocketHandler } from '../../implementations/node/socket-loop.ts'
import type {
  HandlerThreadContext,
  OpenedConnection,
  SocketThreadContext,
} from '../../implementations/node/thread-context.ts'
import {
  HEADER_SIZE,
  NODE_NETWORK,
  PROTOCOL_VERSION,
  REGTEST_MAGIC,
} from '../../implementations/protocol/p2p/constants.ts'
import { writeFrame } from '../../implementations/protocol/p2p/frame.ts'
import { MessageType } from '../../implementations/protocol/p2p/message-type.ts'
import { emptyPayload } from '../../implementations/protocol/p2p/messages/empty.ts'
import { encodeHeaders } from '../../implementations/protocol/p2p/messages/headers.ts'
import { encodePing } from '../../implementations/protocol/p2p/messages/ping.ts'
import { encodeVersion } from '../../implementations/protocol/p2p/messages/version.ts'
import { Counter, ThreadCounters } from '../../implementations/threads/counters.ts'
import { ServiceMemory } from '../../implementations/threads/service-memory.ts'
import { MemoryNetwork, NOWHERE } from './memory-network.ts'

/**
 * A backend's P2P service in this thread, both halves of it, over sockets in memory: its real loop and
 * its real message handler, stepped by hand.
 */
export class P2pStage {
  readonly connections: number
  private readonly network = new MemoryNetwork()
  private readonly socketCounts = ThreadCounters.create()
  private readonly handlerCounts = ThreadCounters.create()
  private readonly context: SocketThreadContext<P2pOptions>
  private readonly loop: SocketHandler[]
  private readonly handler: MessageHandler<Node>

  constructor(backend: Backend, connections: number) {
    this.connections = connections
    const options: P2pOptions = {
      protocol: 'p2p',
      sendMode: 'optimistic',
      verify: 'none',
      refillBlocks: 1,
      listen: undefined,
      connect: Array.from({ length: connections }, () => NOWHERE),
      socketBufferBytes: 1 << 16,
    }
    const announced: OpenedConnection[] = []
    const shared = {
      options,
      network: this.network,
      service: ServiceMemory.create(),
      report: () => {},
      wakeUp: undefined,
    }
    this.context = {
      ...shared,
      counters: this.socketCounts,
      announce: connection => announced.push(connection),
      takeHandedOver: () => [],
    }
    const handlerContext: HandlerThreadContext<P2pOptions> = {
      ...shared,
      counters: this.handlerCounts,
      takeAnnounced: () => announced.splice(0),
      handOver: () => {},
    }
    const { onSocketThread, openHandler } = backend.protocols.p2p ?? {}
    const handler = openHandler?.(handlerContext)
    if (onSocketThread?.loop !== 'poll' || !(handler instanceof MessageHandler)) {
      throw new Error(`${backend.name} has no loop of poll(2) that could be stepped`)
    }
    this.loop = [onSocketThread.open(this.context)]
    this.handler = handler
    this.shakeHands()
    this.checkThatPingsAreAnswered()
  }

  /** Something to receive on every connection. */
  offerPings(): void {
    this.offer(PING)
  }

  /** An iteration of the socket thread's loop. */
  iterate(): void {
    iterateSocketLoop(this.context, this.loop)
  }

  /** A pass of the message handler, which answers one message of each connection. */
  pass(): void {
    this.handler.pass()
  }

  /** What has been counted since the start, of both halves. */
  get counts(): StageCounts {
    const { counts: socket } = this.socketCounts
    const { counts: handler } = this.handlerCounts
    return {
      collections: socket[Counter.collectionsMade],
      socketLookups: socket[Counter.lookups],
      handlerLookups: handler[Counter.lookups],
    }
  }

  private shakeHands(): void {
    for (const frame of [VERSION, VERACK, NO_HEADERS]) {
      this.pass()
      this.offer(frame)
      this.iterate()
    }
    this.pass()
    this.pass()
  }

  private checkThatPingsAreAnswered(): void {
    const before = this.network.socks.map(({ sentBytes }) => sentBytes)
    this.offerPings()
    this.iterate()
    this.pass()
    const answered = this.network.socks.filter(
      ({ sentBytes }, i) => sentBytes - before[i] === PING.length,
    )
    if (answered.length === this.connections) return
    throw new Error(`${answered.length} of ${this.connections} connections answered a ping`)
  }

  private offer(frame: Uint8Array): void {
    for (const sock of this.network.socks) sock.incoming = frame
  }
}

interface StageCounts {
  collections: number
  socketLookups: number
  handlerLookups: number
}

function frame(type: MessageType, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + payload.length)
  writeFrame(bytes, 0, REGTEST_MAGIC, type, payload)
  return bytes
}

const VERSION = frame(
  MessageType.version,
  encodeVersion({
    version: PROTOCOL_VERSION,
    services: NODE_NETWORK,
    time: 0,
    nonce: 1n,
    userAgent: '/memory/',
    startHeight: 0,
    relay: false,
  }),
)
const VERACK = frame(MessageType.verack, emptyPayload)
const NO_HEADERS = frame(MessageType.headers, encodeHeaders(new Uint8Array(0)))
const PING = frame(MessageType.ping, encodePing(1n))
