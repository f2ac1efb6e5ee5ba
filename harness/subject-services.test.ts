import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ibd } from '../scenarios/ibd/index.ts'
import type { ServiceTemplate } from '../scenarios/scenario.ts'
import { serviceOptions, templatesFor, threadNamesOf } from './subject-services.ts'

const driver = { family: 4, host: '127.0.0.1', port: 1234 } as const
const anyPort = { ...driver, port: 0 }
const common = { sendMode: 'queued', socketBufferBytes: 4096 } as const
const [download] = ibd.workloads(new Map(Object.entries({ profile: 'small', peers: '2' })))

test('a service that connects does so as often as it should, and one that does not listens', () => {
  const p2p = { ...common, protocol: 'p2p', verify: 'none', refillBlocks: 1 } as const
  assert.deepEqual(serviceOptions({ ...p2p, connections: 2 }, driver, null), {
    ...p2p,
    listen: undefined,
    connect: [driver, driver],
  })
  assert.deepEqual(serviceOptions({ ...p2p, connections: 0 }, undefined, null), {
    ...p2p,
    listen: anyPort,
    connect: [],
  })
})

test('an HTTP server gets the chain that the driver prepared, and cannot do without', () => {
  const http: ServiceTemplate = {
    ...common,
    protocol: 'http',
    workers: 2,
    idleTimeoutMs: 1,
    connections: 0,
  }
  const { connections: _, ...options } = http
  const expected = { ...options, listen: anyPort, chainFile: '/chain' }
  assert.deepEqual(serviceOptions(http, undefined, '/chain'), expected)
  assert.throws(() => serviceOptions(http, undefined, null), /no chain/)
})

test('a wallet is told where its requests go', () => {
  const wallet = {
    ...common,
    protocol: 'outbound-http',
    requestBodyBytes: 1,
    maxReplyBytes: 2,
    timeoutMs: 3,
    keepAlive: true,
  } as const
  const options = serviceOptions({ ...wallet, connections: 1 }, driver, null)
  assert.deepEqual(options, { ...wallet, target: driver })
})

test('for the floor a download is a stream of bytes over as many connections', () => {
  assert.deepEqual(
    templatesFor('floor', download).map(({ protocol, connections }) => [protocol, connections]),
    [['raw', 2]],
  )
  assert.equal(templatesFor('direct', download), download.services)
})

test('CPU time is stored under the names of the threads of the services', () => {
  assert.deepEqual(threadNamesOf([{ protocol: 'p2p' }, { protocol: 'http' }]), [
    'b-net',
    'b-msghand',
    'b-http',
    'b-httpworker',
  ])
  assert.deepEqual(threadNamesOf([{ protocol: 'raw' }]), ['b-net'])
})
