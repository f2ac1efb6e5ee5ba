import { listenOn } from '../../implementations/sock/connect.ts'
import { errnoName, isTransient } from '../../implementations/sock/errno.ts'
import type { PosixNetwork, PosixSock } from '../../implementations/sock/posix-sock.ts'
import { type Address, ERR, type Events, RECV, SEND } from '../../implementations/sock/sock.ts'
import type { Peer, Service } from './peer.ts'

export interface ServerOptions {
  /** SO_SNDBUF and SO_RCVBUF of every connection, fixed so that the kernel does not tune them. */
  socketBufferBytes?: number
}

export const serverDefaults = { socketBufferBytes: 256 << 10 } satisfies ServerOptions

/** Longest sleep in poll while busy: bounds how long the event loop waits for its turn. */
const BUSY_TURN_MS = 50
/** How often idle connections are looked after: pings, headers, requests for held-back blocks. */
const IDLE_TURN_MS = 20
/** A peer that lets this many areas pile up is not read from until it has taken some. */
const MAX_QUEUED_AREAS = 8192

/**
 * Any number of listeners and connections in one poll loop of this thread. While a service is busy
 * the loop sleeps in poll, in turns of at most `BUSY_TURN_MS` between which Node's event loop runs;
 * otherwise it looks at the sockets from a timer.
 */
export class BlockServer {
  readonly #network: PosixNetwork
  readonly #socketBufferBytes: number
  /** The wait set. */
  readonly #endpoints = new Map<PosixSock, Endpoint>()
  readonly #services = new Set<Service>()
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined

  constructor(network: PosixNetwork, options: ServerOptions = {}) {
    this.#network = network
    this.#socketBufferBytes = options.socketBufferBytes ?? serverDefaults.socketBufferBytes
  }

  /** Listens for connections of `service`. @returns where, or `-errno` */
  listen(address: Address, service: Service): Address | number {
    const sock = listenOn(this.#network, address, {
      sendBufferBytes: this.#socketBufferBytes,
      receiveBufferBytes: this.#socketBufferBytes,
    })
    if (typeof sock === 'number') return sock
    const bound = sock.getsockname()
    if (typeof bound === 'number') {
      sock.close()
      return bound
    }
    this.#endpoints.set(sock, { kind: 'listener', service, requested: RECV, occurred: 0 })
    this.#services.add(service)
    this.wake()
    return bound
  }

  /** Takes over a connection that was opened for `service`. */
  add(peer: Peer, service: Service): void {
    this.#endpoints.set(peer.sock, peerEndpoint(service, peer))
    this.#services.add(service)
    this.wake()
  }

  /** Closes everything of `service`, without another word to it. */
  close(service: Service): void {
    for (const [sock, endpoint] of this.#endpoints) {
      if (endpoint.service === service) this.#closeSock(sock)
    }
    this.#services.delete(service)
    if (this.#services.size === 0) this.#unschedule()
  }

  closeAll(): void {
    for (const service of this.#services) this.close(service)
  }

  /** Call after queueing data or starting to wait for something outside a turn of the loop. */
  wake(): void {
    this.#flush()
    this.#unschedule()
    this.#immediate = setImmediate(this.#run)
  }

  readonly #run = (): void => {
    const endsMs = performance.now() + BUSY_TURN_MS
    let nowMs = this.#turn(0)
    while (this.#isBusy() && nowMs < endsMs) nowMs = this.#turn(Math.ceil(endsMs - nowMs))
    this.#schedule()
  }

  #schedule(): void {
    this.#unschedule()
    if (this.#services.size === 0) return
    if (this.#isBusy()) this.#immediate = setImmediate(this.#run)
    else this.#timer = setTimeout(this.#run, IDLE_TURN_MS)
  }

  #unschedule(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
  }

  #isBusy(): boolean {
    for (const service of this.#services) if (service.busy) return true
    return false
  }

  /** @returns the time at its end, `performance.now()` */
  #turn(timeoutMs: number): number {
    const ready = this.#network.waitMany(timeoutMs, this.#endpoints)
    if (ready > 0) {
      for (const [sock, endpoint] of this.#endpoints) {
        if (endpoint.occurred !== 0) this.#handle(sock, endpoint)
      }
      this.#flush()
    }
    const nowMs = performance.now()
    for (const service of this.#services) service.turnCompleted(nowMs)
    return nowMs
  }

  #handle(sock: PosixSock, endpoint: Endpoint): void {
    const { occurred } = endpoint
    endpoint.occurred = 0
    if (endpoint.kind === 'listener') {
      this.#accept(sock, endpoint)
      return
    }
    if (occurred & SEND) endpoint.requested &= ~SEND
    if (occurred & (RECV | ERR)) {
      const reason = endpoint.peer.receive()
      if (reason) this.#drop(endpoint, reason)
    }
  }

  #accept(listener: PosixSock, { service }: ListenerEndpoint): void {
    const accepted = listener.accept()
    if (typeof accepted !== 'number') {
      const { sock } = accepted
      sock.setSockOpt('TCP_NODELAY', 1)
      const peer = service.accept(sock)
      if (peer) this.#endpoints.set(sock, peerEndpoint(service, peer))
      else sock.close()
    } else if (!isTransient(-accepted) && errnoName(-accepted) !== 'ECONNABORTED') {
      // Going on would spin: the connection that cannot be accepted stays in the backlog.
      this.#closeSock(listener)
      service.listenerFailed(`cannot accept connections: ${errnoName(-accepted)}`)
    }
  }

  /** Sends what is queued on every connection that does not wait for room. */
  #flush(): void {
    for (const [sock, endpoint] of this.#endpoints) {
      if (endpoint.kind === 'listener' || endpoint.requested & SEND) continue
      const { outgoing } = endpoint.peer
      if (outgoing === undefined || outgoing.isEmpty) continue
      const result = outgoing.flush(sock)
      if (result < 0) {
        this.#drop(endpoint, errnoName(-result))
        continue
      }
      const recv = outgoing.length < MAX_QUEUED_AREAS ? RECV : 0
      endpoint.requested = outgoing.isEmpty ? RECV : SEND | recv
    }
  }

  #drop({ service, peer }: PeerEndpoint, reason: string): void {
    // What the peer did may have closed its whole service already.
    if (!this.#endpoints.has(peer.sock)) return
    this.#closeSock(peer.sock)
    service.lost(peer, reason)
  }

  #closeSock(sock: PosixSock): void {
    this.#endpoints.delete(sock)
    sock.close()
  }
}

interface ListenerEndpoint extends Events {
  kind: 'listener'
  service: Service
}

interface PeerEndpoint extends Events {
  kind: 'peer'
  service: Service
  peer: Peer
}

type Endpoint = ListenerEndpoint | PeerEndpoint

function peerEndpoint(service: Service, peer: Peer): PeerEndpoint {
  return { kind: 'peer', service, peer, requested: RECV, occurred: 0 }
}
