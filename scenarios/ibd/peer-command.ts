import { isIPv6 } from 'node:net'
import { formatAddress, parseAddress } from '../../implementations/sock/address.ts'
import { describeErrno, EADDRINUSE } from '../../implementations/sock/errno.ts'
import { PosixNetwork, type PosixSock } from '../../implementations/sock/posix-sock.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import { BlockPeer } from './block-peer.ts'
import { BlockServer, type ServerOptions } from './block-server.ts'
import { loadOrBuildChain } from './chain-cache.ts'
import type { ChainParameters } from './chain-profile.ts'
import type { Peer, Service } from './peer.ts'
import { type PinnedChain, pinChain } from './send-queue.ts'

export interface PeerOptions extends ChainParameters, ServerOptions {
  /** A literal IP address. */
  host: string
  /** 0 lets the kernel pick one. */
  port: number
}

export const peerDefaults = {
  host: '127.0.0.1',
  port: 0,
  profile: 'large',
  blocks: 1000,
  seed: 1,
} satisfies PeerOptions

export interface PeerOutput {
  /** Takes the one line that says where the peer listens and what it has. */
  print: (line: string) => void
  warn: (line: string) => void
  onProgress?: (done: number, total: number) => void
}

/** The peer cannot listen; the message says why and what to do. */
export class PeerError extends Error {}

/**
 * The synthetic block server by itself: serves all of its chain to any number of nodes until
 * `signal` aborts. Rejects with a PeerError, ChainParametersError or AddressError when it cannot start.
 */
export async function runPeer(
  { host, port, socketBufferBytes, ...parameters }: PeerOptions,
  output: PeerOutput,
  signal: AbortSignal,
): Promise<void> {
  const address = parseAddress(isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`)
  const chain = await chainUnlessAborted(parameters, output, signal)
  if (!chain) return
  const buffers = socketBufferBytes === undefined ? {} : { socketBufferBytes }
  const server = new BlockServer(new PosixNetwork(createSyscallCounts()), buffers)
  await new Promise<void>((resolve, reject) => {
    const service = new OpenService(pinChain(chain), reason => reject(new PeerError(reason)))
    const bound = server.listen(address, service)
    if (typeof bound === 'number') throw listenError(address, -bound)
    signal.addEventListener('abort', () => resolve(), { once: true })
    output.print(
      `listening on ${formatAddress(bound)}, ${chain.blocks} blocks, tip ${chain.tipHash}`,
    )
  }).finally(() => server.closeAll())
}

async function chainUnlessAborted(
  parameters: ChainParameters,
  { warn, onProgress }: PeerOutput,
  signal: AbortSignal,
) {
  try {
    return await loadOrBuildChain(parameters, { warn, signal, ...(onProgress && { onProgress }) })
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

function listenError(address: Address, errno: number): PeerError {
  const where = formatAddress(address)
  return new PeerError(
    errno === EADDRINUSE
      ? `${where} is in use; choose another --port, or 0 to let the kernel pick one`
      : `cannot listen on ${where}: ${describeErrno(errno)}`,
  )
}

/** Peers come and go; one that misbehaves loses its connection, and nobody else notices. */
class OpenService implements Service {
  readonly busy = true
  readonly listenerFailed: (reason: string) => void
  readonly #pinned: PinnedChain

  constructor(pinned: PinnedChain, listenerFailed: (reason: string) => void) {
    this.#pinned = pinned
    this.listenerFailed = listenerFailed
  }

  accept(sock: PosixSock): Peer {
    const gate = { releasedHeight: this.#pinned.chain.blocks }
    return new BlockPeer(sock, { pinned: this.#pinned, gate, observer: nobody })
  }

  lost(): void {}

  turnCompleted(): void {}
}

const nobody = {
  handshakeCompleted() {},
  headersServed() {},
  blockServed() {},
  blockHeldBack() {},
  pongReceived() {},
}
