import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import type { PushOptions } from '../node/service-options.ts'
import type { ThreadEvent } from '../node/thread-context.ts'
import { PosixNetwork } from '../sock/posix-sock.ts'
import type { Address } from '../sock/sock.ts'
import { ThreadCounters } from '../threads/counters.ts'
import { ServiceMemory } from '../threads/service-memory.ts'
import { listenWith } from './listen.ts'

const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }
const options: PushOptions = {
  protocol: 'push',
  sendMode: 'optimistic',
  socketBufferBytes: 50_000,
  listen: anyPort,
  message: 'probe',
  meanIntervalUs: 1,
  seed: 1,
}

test('a listening socket of Node and what it accepts have the buffer sizes of the options', async t => {
  const counters = ThreadCounters.create()
  const network = new PosixNetwork(counters.syscalls)
  const events: ThreadEvent[] = []
  const service = ServiceMemory.create()
  const report = (event: ThreadEvent) => events.push(event)
  const server = createServer()
  const before = openSockets()
  listenWith(server, { options, network, service, counters, report, wakeUp: undefined }, anyPort)
  const [event] = events
  assert.equal(event.kind, 'listening')
  const client = connect(event.address)
  const [accepted] = await once(server, 'connection')
  t.after(() => {
    client.destroy()
    accepted.destroy()
    server.close()
  })
  const opened = openSockets().filter(fd => !before.includes(fd))
  for (const option of ['SO_RCVBUF', 'SO_SNDBUF'] as const) {
    const fixed = opened.filter(fd => network.attach(fd).getSockOpt(option) === 100_000)
    assert.equal(fixed.length, 2, option) // not the client
  }
})

function openSockets(): number[] {
  return readdirSync('/proc/self/fd')
    .filter(fd => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
      } catch {
        return false // gone since it was listed
      }
    })
    .map(Number)
}
