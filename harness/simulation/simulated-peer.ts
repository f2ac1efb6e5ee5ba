import { EAGAIN } from '../../implementations/sock/errno.ts'
import type { Address, Sock } from '../../implementations/sock/sock.ts'

/** How a connection looks from its far end. */
export type PeerState =
  | 'not connected'
  | 'open'
  /** The subject has sent its end of file. */
  | 'ended by subject'
  | 'reset by subject'
  /** This side has left. */
  | 'left'

/** What a peer needs of its end of a connection. */
export type FarSock = Pick<Sock, 'connect' | 'send' | 'recv' | 'shutdown' | 'setSockOpt' | 'close'>

export interface FarNetwork {
  createSock(family: 4 | 6): FarSock
}

/** The far end of a connection: says what it is given, and keeps all that it reads. */
export class SimulatedPeer {
  state: PeerState = 'not connected'
  /** No more is sent from here. */
  halfClosed = false
  receivedBytes = 0
  protected bytes: Uint8Array
  protected sentBytes = 0
  private sock: FarSock | undefined
  private readonly network: FarNetwork
  private readonly chunks: Buffer[] = []

  /** @param bytes what it will say */
  constructor(network: FarNetwork, bytes: Uint8Array) {
    this.network = network
    this.bytes = bytes
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks)
  }

  get hasSentAll(): boolean {
    return this.sentBytes === this.bytes.length
  }

  connect(to: Address): void {
    if (this.sock !== undefined) return
    const sock = this.network.createSock(to.family)
    sock.connect(to)
    this.open(sock)
  }

  /** Behind what it has to say already; at once, as far as there is room. */
  say(bytes: Uint8Array): void {
    this.bytes = Buffer.concat([this.bytes.subarray(this.sentBytes), bytes])
    this.sentBytes = 0
    this.send(this.bytes.length)
  }

  /** Up to so many bytes, as far as there is room. @returns how many */
  send(bytes: number): number {
    if (this.sock === undefined || this.halfClosed) return 0
    if (this.state !== 'open' && this.state !== 'ended by subject') return 0
    const end = Math.min(this.dueBytes, this.sentBytes + bytes)
    if (end === this.sentBytes) return 0
    const n = this.sock.send(this.bytes.subarray(this.sentBytes, end), false)
    if (n > 0) this.sentBytes += n
    else if (n !== -EAGAIN) this.state = 'reset by subject'
    return Math.max(n, 0)
  }

  /** Up to so many bytes. @returns how many */
  read(bytes: number): number {
    if (this.sock === undefined || this.state !== 'open') return 0
    const n = this.sock.recv(scratch.subarray(0, bytes))
    if (n > 0) this.keep(scratch.subarray(0, n))
    else if (n === 0) this.state = 'ended by subject'
    else if (n !== -EAGAIN) this.state = 'reset by subject'
    return Math.max(n, 0)
  }

  /** Reads, and closes if nothing more can come. @returns how many bytes */
  readAndLeave(bytes: number): number {
    const n = this.read(bytes)
    if (this.state === 'ended by subject') this.leave('close')
    return n
  }

  /** No more will be sent; it reads on. */
  halfClose(): void {
    if (this.sock === undefined || this.halfClosed) return
    this.halfClosed = true
    this.sock.shutdown()
  }

  leave(how: 'close' | 'reset'): void {
    if (this.sock === undefined || this.state === 'left') return
    if (how === 'reset') this.sock.setSockOpt('SO_LINGER0', 1)
    this.state = 'left'
    this.sock.close()
  }

  private keep(bytes: Uint8Array): void {
    this.chunks.push(Buffer.from(bytes))
    this.receivedBytes += bytes.length
  }

  protected open(sock: FarSock): void {
    this.sock = sock
    this.state = 'open'
  }

  /** How much of what it says may be said by now. */
  protected get dueBytes(): number {
    return this.bytes.length
  }
}

/** For one read at a time. */
const scratch = Buffer.alloc(1 << 16)
