import type { SendMode } from '../send-mode.ts'
import type { Address } from '../sock/sock.ts'
import type { VerifyLevel } from './verify-level.ts'

/** What one service of a subject is to do; the same for every backend. */
export type ServiceOptions =
  | P2pOptions
  | HttpOptions
  | PushOptions
  | OutboundHttpOptions
  | RawOptions
export type Protocol = ServiceOptions['protocol']

/** How services of one subject share socket threads: one for all of them together, or one for each. */
export type LoopSharing = 'one' | 'each'

interface LoopOptions {
  readonly sendMode: SendMode
  /** SO_RCVBUF and SO_SNDBUF of every socket; the kernel's autotuning would bias processes. */
  readonly socketBufferBytes: number
}

/** Bitcoin's protocol, version 1: a node that downloads. */
export interface P2pOptions extends LoopOptions {
  readonly protocol: 'p2p'
  readonly verify: VerifyLevel
  /** As in `PeerManagerOptions`. */
  readonly refillBlocks: number
  /** Where to accept connections; port 0 lets the kernel pick. */
  readonly listen: Address | undefined
  /** Whom to connect to. */
  readonly connect: readonly Address[]
}

/** An HTTP/1.1 server: REST and JSON-RPC over a chain. */
export interface HttpOptions extends LoopOptions {
  readonly protocol: 'http'
  readonly listen: Address
  /** Threads that handle requests, 1 to 16; with 0 the socket thread does. */
  readonly workers: number
  /** What is served: see `ChainStore`. */
  readonly chainFile: string
  /** A connection on which a request does not arrive for so long is closed. */
  readonly idleTimeoutMs: number
}

/** A source of messages: pushes to whoever has connected, at random moments. */
export interface PushOptions extends LoopOptions {
  readonly protocol: 'push'
  readonly listen: Address
  readonly message: 'probe' | 'new-template'
  /** Of the exponentially distributed time from one push to the next. */
  readonly meanIntervalUs: number
  readonly seed: number
}

/** A wallet that makes HTTP requests, one after the other. */
export interface OutboundHttpOptions extends LoopOptions {
  readonly protocol: 'outbound-http'
  readonly target: Address
  readonly requestBodyBytes: number
  readonly maxReplyBytes: number
  readonly timeoutMs: number
  readonly keepAlive: boolean
}

/** A stream of bytes, of the floor subject only. */
export interface RawOptions extends LoopOptions {
  readonly protocol: 'raw'
  readonly connect: readonly Address[]
}
