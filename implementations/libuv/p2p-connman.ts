import { createServer, type Server, Socket } from 'node:net'
import { type Activity, isInactive } from '../node/inactivity.ts'
import { CONNECT_TIMEOUT_MS, MAX_CONNECTIONS } from '../node/loop-constants.ts'
import type { MessagePusher, PeerNode } from '../node/node.ts'
import { PeerManager } from '../node/peer-manager.ts'
import type { P2pOptions } from '../node/service-options.ts'
import type { SocketThreadContext } from '../node/thread-context.ts'
import { HEADER_SIZE, REGTEST_MAGIC } from '../protocol/p2p/constants.ts'
import { writeFrame } from '../protocol/p2p/frame.ts'
import type { MessageType } from '../protocol/p2p/message-type.ts'
import { connectSock } from '../sock/connect.ts'
import type { Address } from '../sock/sock.ts'
import { Counter } from '../threads/counters.ts'
import { SEND_BUFFER_BYTES } from '../threads/send-queue.ts'
import { listenWith } from './listen.ts'
import { MessageAssembler } from './message-assembler.ts'
import { PeerState } from './peer-state.ts'

/** A node over node:net, in one thread. */
export async function runLibuvP2p(
  context: SocketThreadContext<P2pOptions>,
  stopped: Promise<void>,
): Promise<void> {
  const connman = new LibuvConnman(context)
  connman.open()
  await stopped
  connman.close()
}

/** As often as a message handler that nobody wakes: what is due by time, and progress. */
const TICK_MS = 100

/** What is received is handled at once, what is sent is left to node:net. */
class LibuvConnman implements MessagePusher<LibuvNode> {
  private readonly context: SocketThreadContext<P2pOptions>
  private readonly counts: Float64Array
  private readonly peerManager: PeerManager<LibuvNode>
  private readonly server: Server
  private readonly nodes = new Set<LibuvNode>()
  private readonly ticks: NodeJS.Timeout
  private nextNodeId = 0
  private pass: NodeJS.Immediate | undefined

  constructor(context: SocketThreadContext<P2pOptions>) {
    const { options, report, counters } = context
    this.context = context
    this.counts = counters.counts
    this.peerManager = new PeerManager<LibuvNode>({
      pusher: this,
      verify: options.verify,
      refillBlocks: options.refillBlocks,
      nowMs: () => performance.now(),
      onDisconnect: (node, reason) => report({ kind: 'peer-disconnected', id: node.id, reason }),
    })
    this.server = createServer({ noDelay: true }, socket => this.accept(socket))
    this.ticks = setInterval(() => this.tick(), TICK_MS)
  }

  open(): void {
    const { options, service } = this.context
    if (options.listen !== undefined) listenWith(this.server, this.context, options.listen)
    for (const address of options.connect) {
      if (!service.stopping) this.connect(address)
    }
  }

  close(): void {
    clearInterval(this.ticks)
    this.server.close()
    for (const { socket } of this.nodes) socket.destroy()
  }

  /** node:net tries to send at once, and buffers what it cannot. */
  pushMessage({ socket }: LibuvNode, type: MessageType, payload: Uint8Array): void {
    const frame = Buffer.allocUnsafe(HEADER_SIZE + payload.length)
    writeFrame(frame, 0, REGTEST_MAGIC, type, payload)
    socket.write(frame)
    this.counts[Counter.messagesSent]++
    this.counts[Counter.bytesSent] += frame.length
  }

  private accept(socket: Socket): void {
    if (this.nodes.size < MAX_CONNECTIONS) this.createNode(socket, true)
    else socket.destroy()
  }

  /** The socket is opened here for the same reason as a listening one, see `listenWith`. */
  private connect(address: Address): void {
    const { network, report, options } = this.context
    const sock = connectSock(network, address, CONNECT_TIMEOUT_MS, {
      receiveBufferBytes: options.socketBufferBytes,
      sendBufferBytes: options.socketBufferBytes,
    })
    if (typeof sock === 'number') {
      report({ kind: 'connect-failed', address, errno: -sock })
      return
    }
    this.createNode(new Socket({ fd: sock.fd }), false)
    report({ kind: 'connected', address })
  }

  private createNode(socket: Socket, inbound: boolean): void {
    const node = new LibuvNode(this.nextNodeId++, inbound, socket)
    this.nodes.add(node)
    this.peerManager.initializeNode(node)
    socket.on('data', data => this.receive(node, data))
    socket.on('drain', () => socket.resume())
    socket.on('end', () => socket.destroy())
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => this.removeNode(node))
  }

  private receive(node: LibuvNode, data: Buffer): void {
    node.lastRecvMs = performance.now()
    this.counts[Counter.bytesReceived] += data.length
    const followed = node.assembler.receive(data, (type, bytes, from, to) => {
      if (node.memory.disconnectRequested) return
      this.counts[Counter.messagesReceived]++
      this.peerManager.processMessage(node, type, bytes, from, to)
    })
    if (!followed) {
      const { failure } = node.assembler
      this.context.report({ kind: 'peer-disconnected', id: node.id, reason: failure })
      node.memory.requestDisconnect()
    }
    // Too full to answer anyway; 'drain' ends it.
    if (node.socket.writableLength > SEND_BUFFER_BYTES) node.socket.pause()
    this.pass ??= setImmediate(() => this.sendMessages())
  }

  /** What is due to every peer once everything that came in this turn of the event loop is handled. */
  private sendMessages(): void {
    this.pass = undefined
    for (const node of this.nodes) {
      if (!node.memory.disconnectRequested) this.peerManager.sendMessages(node)
      if (node.memory.disconnectRequested) node.socket.destroy()
    }
  }

  private tick(): void {
    const nowMs = performance.now()
    for (const node of this.nodes) {
      if (isInactive(node.memory, node, nowMs)) node.memory.requestDisconnect()
    }
    this.sendMessages()
    const { headers, download } = this.peerManager
    const { tipHeight } = download
    this.context.service.setProgress(headers.tipHeight, tipHeight, headers.hashAt(tipHeight))
  }

  private removeNode(node: LibuvNode): void {
    this.nodes.delete(node)
    this.peerManager.finalizeNode(node)
    this.context.report({ kind: 'connection-closed', id: node.id })
  }
}

class LibuvNode implements PeerNode, Activity {
  readonly id: number
  readonly inbound: boolean
  readonly socket: Socket
  readonly memory = new PeerState()
  readonly assembler = new MessageAssembler()
  readonly connectedAtMs = performance.now()
  lastRecvMs = this.connectedAtMs

  constructor(id: number, inbound: boolean, socket: Socket) {
    this.id = id
    this.inbound = inbound
    this.socket = socket
  }
}
