import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { candidates } from '../../implementations/registry.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { ping, verack, version } from '../behaviour/p2p-messages.ts'
import { Sockbench, threadCpuNs } from '../fixtures/sockbench.ts'
import { Dialogue } from './dialogue.ts'
import {
  LIMIT_MS,
  residentBytes,
  type ServedBackend,
  serveBackend,
  stopServing,
  untilIdle,
} from './fixtures/served-backend.ts'
import { Client, demandAllRight, INFO, type Protocol } from './fixtures/served-client.ts'

/** Peers that come and go, that take all there is, that stop reading: of servers in processes of their own. */
const protocols = ['http', 'p2p'] as const
const bounded = { timeout: LIMIT_MS }
after(() => Sockbench.killAll())

const socketThreads = { http: 'b-http', p2p: 'b-net' } as const
/** Nothing, a part of what is needed, and all of it. */
const beginnings = {
  http: ['', INFO, `${INFO.slice(0, -2)}Connection: close\r\n\r\n`].map(text => Buffer.from(text)),
  p2p: [Buffer.alloc(0), version.subarray(0, 30), Buffer.concat([version, verack, ping(1n)])],
} as const

const CONNECTIONS = 10_000
const AT_A_TIME = 50
/** For each of them. The first 10,000 warm the heap up by 26 MB, 300,000 more by 8 MB. */
const LEAK_BYTES = 1_500

for (const { name: backend } of candidates) {
  for (const protocol of protocols) {
    test(`${backend}, ${protocol}: 10,000 connections leave nothing behind`, bounded, async t => {
      const served = await serveBackend(backend, protocol)
      await openAndClose(served.address, CONNECTIONS, protocol)
      await untilIdle(served)
      const before = residentBytes(served)
      const descriptorsBefore = descriptorsOf(served)
      await openAndClose(served.address, CONNECTIONS, protocol)
      await untilIdle(served)
      const grownBytes = residentBytes(served) - before
      t.diagnostic(`${CONNECTIONS} connections, ${kib(grownBytes)} more resident`)
      assert.ok(grownBytes < CONNECTIONS * LEAK_BYTES, `${grownBytes} bytes more`)
      assert.equal(descriptorsOf(served), descriptorsBefore)
      await demandAllRight(served, protocol)
      await stopServing(served)
    })

    test(
      `${backend}, ${protocol}: out of descriptors it serves whom it has, sleeps, and accepts again`,
      bounded,
      async t => {
        const served = await serveBackend(backend, protocol)
        const first = await Client.open(t, served.address, protocol)
        await first.demandAnswer()
        const limit = descriptorsOf(served) + FREE_DESCRIPTORS
        limitDescriptors(served, limit)
        const others = await Dialogue.openAll(served.address, 2 * FREE_DESCRIPTORS)
        await served.server.until('server without a free descriptor', () =>
          descriptorsOf(served) >= limit ? true : null,
        )
        const busy = await busyShare(served, protocol, () => first.demandAnswer())
        t.diagnostic(`its socket thread is ${(busy * 100).toFixed(1)} % busy`)
        assert.ok(busy < SPINNING)
        for (const other of others) other.close()
        const next = await Client.open(t, served.address, protocol)
        await next.demandAnswer()
        next.close()
        first.close()
        await untilIdle(served)
        limitDescriptors(served, ENOUGH_DESCRIPTORS)
        await demandAllRight(served, protocol)
        await stopServing(served)
      },
    )
  }
}

/** With these it has fewer connections than any limit of them. */
const FREE_DESCRIPTORS = 30
const ENOUGH_DESCRIPTORS = 1_000
/** Of its time; a loop that spins uses all there is, a sleeping one some thousandths. */
const SPINNING = 0.5
const LOOKS = 10
const LOOK_EVERY_MS = 100

async function busyShare(
  { pid }: ServedBackend,
  protocol: Protocol,
  meanwhile: () => Promise<void>,
): Promise<number> {
  const startMs = performance.now()
  const before = threadCpuNs(pid, socketThreads[protocol])
  for (let i = 0; i < LOOKS; i++) {
    await sleep(LOOK_EVERY_MS)
    await meanwhile()
  }
  const usedMs = (threadCpuNs(pid, socketThreads[protocol]) - before) / 1e6
  return usedMs / (performance.now() - startMs)
}

function descriptorsOf({ pid }: ServedBackend): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** The soft limit: descriptors that are open stay so. */
function limitDescriptors({ pid }: ServedBackend, count: number): void {
  execFileSync('sh', ['-c', `prlimit --pid=${pid} --nofile=${count}:`])
}

/** In turn closed, half-closed and reset, having said more or less. */
async function openAndClose(
  { host, port }: Address,
  count: number,
  protocol: Protocol,
): Promise<void> {
  let opened = 0
  let connected = 0
  const one = async () => {
    while (opened < count) {
      const index = opened++
      const socket = connect({ host, port })
      await new Promise<void>(resolve => {
        socket.on('error', () => {})
        socket.on('close', () => resolve())
        socket.on('connect', () => {
          connected++
          socket.write(beginnings[protocol][index % 3])
          if (index % 4 === 0) socket.resetAndDestroy()
          else if (index % 4 === 1) socket.destroy()
          else socket.end()
        })
        socket.resume()
      })
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, one))
  assert.equal(connected, count)
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(0)} KiB`
}
