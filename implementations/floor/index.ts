import { createHash, type Hash } from 'node:crypto'
import type { Backend } from '../backend.ts'
import { CONNECT_TIMEOUT_MS, SELECT_TIMEOUT_MS } from '../node/loop-constants.ts'
import type { RawOptions } from '../node/service-options.ts'
import type { NetSock, SocketThreadContext } from '../node/thread-context.ts'
import { connectSock } from '../sock/connect.ts'
import { isTransient } from '../sock/errno.ts'
import { type EventsPerSock, RECV } from '../sock/sock.ts'
import { Counter } from '../threads/counters.ts'
import { RECV_CHUNK_BYTES } from '../threads/receive-queue.ts'

/**
 * What no backend can do without: poll, recv and SHA-256 of every byte, in one thread, and
 * nothing else. It speaks the driver's raw protocol: a stream of portions, each an 8-byte
 * little-endian length and that many bytes, answered by one byte when a portion is complete.
 */
export const floor: Backend = {
  name: 'floor',
  summary: 'a bare poll + recv + SHA-256 loop: the least CPU that receiving can cost here',
  hasSendModes: false,
  protocols: { raw: { onSocketThread: { loop: 'own', run: runFloor } } },
}

function runFloor(context: SocketThreadContext<RawOptions>): void {
  const { network, service, options, counters, report } = context
  const { counts } = counters
  const buffer = Buffer.from(new SharedArrayBuffer(RECV_CHUNK_BYTES))
  const streams = new Map<NetSock, Stream>()
  for (const address of options.connect) {
    const sock = connectSock(network, address, CONNECT_TIMEOUT_MS, {
      receiveBufferBytes: options.socketBufferBytes,
      sendBufferBytes: options.socketBufferBytes,
    })
    if (typeof sock === 'number') {
      report({ kind: 'connect-failed', address, errno: -sock })
      for (const opened of streams.keys()) opened.close()
      return
    }
    streams.set(sock, new Stream())
    report({ kind: 'connected', address })
  }
  const eventsPerSock: EventsPerSock<NetSock> = new Map()
  for (const sock of streams.keys()) eventsPerSock.set(sock, { requested: RECV, occurred: 0 })
  while (!service.stopping && eventsPerSock.size > 0) {
    const ready = network.waitMany(SELECT_TIMEOUT_MS, eventsPerSock)
    if (ready > 0) counts[Counter.pollWakeUps]++
    else if (ready === 0) counts[Counter.pollTimeouts]++
    for (const [sock, { occurred }] of eventsPerSock) {
      if (occurred === 0) continue
      const n = sock.recv(buffer)
      if (n > 0) {
        counts[Counter.bytesReceived] += n
        if (streams.get(sock)?.received(buffer.subarray(0, n))) sock.send(ACKNOWLEDGEMENT, false)
      } else if (n === 0 || !isTransient(-n)) {
        eventsPerSock.delete(sock)
        sock.close()
      }
    }
  }
  for (const sock of eventsPerSock.keys()) sock.close()
}

/** One connection's portions: the length, then the bytes, hashed as they come. */
class Stream {
  private readonly length = Buffer.alloc(8)
  private lengthBytes = 0
  private leftBytes = 0
  private hash: Hash = createHash('sha256')

  /** @returns whether a portion is complete; the next one comes only after the answer */
  received(data: Buffer): boolean {
    let from = 0
    if (this.lengthBytes < 8) {
      from = data.copy(this.length, this.lengthBytes)
      this.lengthBytes += from
      if (this.lengthBytes < 8) return false
      this.leftBytes = Number(this.length.readBigUInt64LE())
    }
    this.hash.update(data.subarray(from))
    this.leftBytes -= data.length - from
    if (this.leftBytes > 0) return false
    this.hash.digest()
    this.hash = createHash('sha256')
    this.lengthBytes = 0
    return true
  }
}

const ACKNOWLEDGEMENT = Buffer.from([1])
