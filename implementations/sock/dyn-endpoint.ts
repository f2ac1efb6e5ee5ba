import { DynPipe } from './dyn-pipe.ts'
import {
  EAGAIN,
  EBADF,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENOTCONN,
  EPIPE,
} from './errno.ts'
import { type Address, ERR, RECV, SEND, type SockOpt } from './sock.ts'

/**
 * One end of an in-memory TCP connection, or a listening socket: what a descriptor of the twin
 * refers to. Answers and readiness are those of Linux's tcp_recvmsg, tcp_sendmsg and tcp_poll.
 *
 *     idle ──connect──> connected        idle ──listen──> listening
 *     idle ──connect to nobody──> dead   connected ──reset by the peer──> dead
 *     any ──close──> closed
 */
type State =
  | { state: 'idle' }
  | { state: 'listening'; queue: Arrival[] }
  | Connected
  | { state: 'dead'; incoming: DynPipe | undefined }
  | { state: 'closed' }

/** A connection that waits to be accepted: the server's end, and where the client's end is. */
interface Arrival {
  endpoint: DynEndpoint
  from: Address
}

interface Connected {
  state: 'connected'
  peer: DynEndpoint
  incoming: DynPipe
  outgoing: DynPipe
  /** What still can pass: a half-close ends `sends` here and `receives` at the peer. */
  sends: 'open' | 'ended'
  receives: 'open' | 'ended'
}

export class DynEndpoint {
  /** Port 0 while unbound. */
  local: Address
  #now: State = { state: 'idle' }
  /** As SO_ERROR: reported once, by whichever call comes first. 0 is none. */
  #errno = 0
  readonly #options: Map<SockOpt, number>
  readonly #pipeBytes: number

  /** @param pipeBytes how much the peer may leave unread */
  constructor(local: Address, pipeBytes: number, options = new Map<SockOpt, number>()) {
    this.local = local
    this.#pipeBytes = pipeBytes
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#now.state !== 'closed'
  }

  recv(buffer: Uint8Array): number {
    const now = this.#now
    if (now.state === 'closed') return -EBADF
    if (now.state === 'idle' || now.state === 'listening') return -ENOTCONN
    if (buffer.length === 0) return 0
    // What arrived before a reset can still be read.
    if (now.incoming?.length) return now.incoming.read(buffer)
    if (this.#errno !== 0) return -this.#takeErrno()
    return now.state === 'dead' || now.receives === 'ended' ? 0 : -EAGAIN
  }

  send(data: Uint8Array): number {
    const now = this.#now
    if (now.state === 'closed') return -EBADF
    if (this.#errno !== 0) return -this.#takeErrno()
    if (now.state !== 'connected' || now.sends === 'ended') return -EPIPE
    if (!now.peer.isOpen) return -EPIPE
    if (data.length === 0) return 0
    return now.outgoing.write(data) || -EAGAIN
  }

  listen(): number {
    const { state } = this.#now
    if (state === 'closed') return -EBADF
    if (state === 'listening') return 0
    if (state !== 'idle') return -EINVAL
    this.#now = { state: 'listening', queue: [] }
    return 0
  }

  /** The oldest connection that waits. */
  accept(): Arrival | number {
    const now = this.#now
    if (now.state === 'closed') return -EBADF
    if (now.state !== 'listening') return -EINVAL
    return now.queue.shift() ?? -EAGAIN
  }

  /**
   * Connects to `listener`, or, without one, fails as a refused connection does: not at once but
   * by SO_ERROR. The queue of a listener takes any number of connections.
   */
  connect(listener: DynEndpoint | undefined, remote: Address): number {
    const { state } = this.#now
    if (state === 'closed') return -EBADF
    if (state === 'connected' || state === 'listening') return -EISCONN
    if (listener === undefined || listener.#now.state !== 'listening') {
      this.#die(ECONNREFUSED)
      return -EINPROGRESS
    }
    const server = new DynEndpoint(remote, this.#pipeBytes, new Map(listener.#options))
    const there = new DynPipe(this.#pipeBytes)
    const back = new DynPipe(this.#pipeBytes)
    this.#become(server, back, there)
    server.#become(this, there, back)
    listener.#now.queue.push({ endpoint: server, from: this.local })
    return -EINPROGRESS
  }

  /** Half-close: the peer reads the rest, then end of file. */
  shutdown(): number {
    const now = this.#now
    if (now.state === 'closed') return -EBADF
    if (now.state !== 'connected') return -ENOTCONN
    now.sends = 'ended'
    now.peer.#endReceives()
    return 0
  }

  setSockOpt(option: SockOpt, value: number): number {
    if (!this.isOpen) return -EBADF
    this.#options.set(option, value)
    return 0
  }

  getSockOpt(option: SockOpt): number {
    if (!this.isOpen) return -EBADF
    return option === 'SO_ERROR' ? this.#takeErrno() : (this.#options.get(option) ?? 0)
  }

  /** The peer sees end of file, or a reset if bytes were thrown away (or SO_LINGER0 asks for one). */
  close(): number {
    const now = this.#now
    if (now.state === 'closed') return -EBADF
    this.#now = { state: 'closed' }
    if (now.state === 'listening') for (const { endpoint } of now.queue) endpoint.#abort()
    if (now.state === 'connected') {
      const resets = now.incoming.length > 0 || this.#options.get('SO_LINGER0')
      if (resets) now.peer.#die(ECONNRESET)
      else now.peer.#endReceives()
    }
    return 0
  }

  /** RECV, SEND and ERR, whether anybody asks for them or not. */
  readiness(): number {
    const now = this.#now
    switch (now.state) {
      case 'closed':
        return ERR
      case 'idle':
        return SEND | ERR
      case 'listening':
        return now.queue.length > 0 ? RECV : 0
      case 'dead':
        return RECV | SEND | ERR
      case 'connected': {
        const canRecv = now.incoming.length > 0 || now.receives === 'ended'
        const canSend = now.outgoing.room > 0 || now.sends === 'ended' || !now.peer.isOpen
        const isHungUp = now.sends === 'ended' && now.receives === 'ended'
        return (canRecv ? RECV : 0) | (canSend ? SEND : 0) | (isHungUp ? ERR : 0)
      }
    }
  }

  #become(peer: DynEndpoint, incoming: DynPipe, outgoing: DynPipe): void {
    this.#now = { state: 'connected', peer, incoming, outgoing, sends: 'open', receives: 'open' }
  }

  #endReceives(): void {
    if (this.#now.state === 'connected') this.#now.receives = 'ended'
  }

  /** Nobody accepted this end of the connection, and nobody will. */
  #abort(): void {
    if (this.#now.state === 'connected') this.#now.peer.#die(ECONNRESET)
    this.#now = { state: 'closed' }
  }

  #die(errno: number): void {
    if (this.#now.state === 'closed') return
    const incoming = this.#now.state === 'connected' ? this.#now.incoming : undefined
    this.#errno = errno
    this.#now = { state: 'dead', incoming }
  }

  #takeErrno(): number {
    const errno = this.#errno
    this.#errno = 0
    return errno
  }
}
