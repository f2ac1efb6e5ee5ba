import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DynNetwork } from '../../sock/dyn-sock.ts'
import { ThreadCounters } from '../../threads/counters.ts'
import { OutboundHttpMemory } from '../../threads/outbound-http-memory.ts'
import { ServiceMemory } from '../../threads/service-memory.ts'
import type { OutboundHttpOptions } from '../service-options.ts'
import { sizesFor } from './payjoin-request.ts'
import { type ServerConnection, Wallet, type WalletConnman } from './wallet.ts'

const options: OutboundHttpOptions = {
  protocol: 'outbound-http',
  sendMode: 'optimistic',
  socketBufferBytes: 1 << 16,
  target: { family: 4, host: '127.0.0.1', port: 8333 },
  requestBodyBytes: 100,
  maxReplyBytes: 100,
  timeoutMs: 1_000,
  keepAlive: false,
}
const REQUESTS = 3

/** Each reply is there at once; the socket thread closes a connection while the next request is made. */
class SlowToClose implements WalletConnman<ServerConnection> {
  readonly service = ServiceMemory.create()
  readonly opened: OutboundHttpMemory[] = []
  /** Whether it was closed by then, of each connection that was removed. */
  readonly removed: boolean[] = []

  openConnection(): ServerConnection {
    this.opened.at(-1)?.markClosed()
    const memory = OutboundHttpMemory.create(this.opened.length, sizesFor(options))
    memory.open(this.opened.length, 9)
    memory.takeUp()
    this.opened.push(memory)
    return { memory }
  }

  sendRequest({ memory }: ServerConnection): void {
    memory.endReply({ ending: 'reply', status: 200, bodyLength: 0, reusable: false })
    if (this.opened.length < REQUESTS) return
    this.service.stop()
    memory.markClosed()
  }

  removeConnection({ memory }: ServerConnection): void {
    this.removed.push(memory.closed)
  }
}

test('a connection is let go of once the socket thread has closed it, and not before', () => {
  const connman = new SlowToClose()
  const wallet = new Wallet(
    {
      options,
      network: new DynNetwork(),
      service: connman.service,
      counters: ThreadCounters.create(),
      report: () => {},
      wakeUp: undefined,
      takeAnnounced: () => [],
      handOver: () => {},
    },
    connman,
  )
  wallet.run()
  assert.deepEqual(connman.removed, Array(REQUESTS).fill(true))
})
