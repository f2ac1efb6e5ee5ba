import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SettingError, type Workload } from '../scenario.ts'
import { cases, plan } from './cases.ts'
import { http } from './index.ts'

function workloads(...settings: [string, string][]): Workload[] {
  return http.workloads(new Map(settings))
}

function one(...settings: [string, string][]): Workload {
  const all = workloads(...settings)
  assert.equal(all.length, 1)
  return all[0]
}

const labels = (of: readonly Workload[]) => of.map(({ label }) => label)

test('without settings the plan is measured, also where only amounts are given', () => {
  assert.equal(workloads().length, plan.length)
  const fewer = workloads(['slices', '2'], ['slice-requests', '64'])
  assert.deepEqual(labels(fewer), labels(workloads()))
  assert.ok(fewer.every(({ slices, sliceWork }) => slices === 2 && sliceWork === 64))
})

test('with another setting there is one workload, and what is given changes it', () => {
  assert.equal(one(['connections', '64']).label, 'small, 64 connections')
  assert.equal(one(['case', 'workers'], ['workers', '3']).label, 'small, 16 connections, 3 workers')
})

test('several values are every combination of them', () => {
  const given: [string, string][] = [
    ['case', 'keep-alive,workers'],
    ['connections', '1,16,64'],
  ]
  assert.deepEqual(labels(workloads(...given)), [
    'small, 1 connection',
    'small, 16 connections',
    'small, 64 connections',
    'small, 1 connection, 2 workers',
    'small, 16 connections, 2 workers',
    'small, 64 connections, 2 workers',
  ])
})

test('every case is a workload of its own, told apart by its parameters', () => {
  const all = workloads(['case', cases.map(({ name }) => name).join(',')])
  assert.equal(new Set(all.map(({ parameters }) => JSON.stringify(parameters))).size, cases.length)
  assert.equal(new Set(labels(all)).size, cases.length)
})

test('a workload is what the driver loads and the subject serves', () => {
  const workload = one(
    ['request', 'rpc'],
    ['connections', '8'],
    ['pipelining', '4'],
    ['workers', '2'],
    ['mode', 'wakeup'],
    ['slow-readers', '3'],
    ['slice-requests', '100'],
  )
  assert.equal(workload.label, 'rpc, 8 connections, 4 pipelined, 2 workers, 3 slow readers, wakeup')
  assert.deepEqual(workload.preparation, {
    request: 'rpc',
    load: { kind: 'closed', connections: 8, use: { kind: 'keep-alive', pipelining: 4 } },
    slowReaders: 3,
  })
  assert.deepEqual(workload.services, [
    {
      protocol: 'http',
      connections: 0,
      sendMode: 'wakeup',
      workers: 2,
      idleTimeoutMs: 30_000,
      socketBufferBytes: 256 << 10,
    },
  ])
  assert.equal(workload.sliceWork, 100)
  assert.equal(workload.unit, 'request')
  assert.deepEqual(workload.parameters, {
    request: 'rpc',
    load: 'closed',
    connections: 8,
    connection: 'keep-alive',
    pipelining: 4,
    workers: 2,
    mode: 'wakeup',
    slowReaders: 3,
    slices: 8,
    sliceRequests: 100,
  })
})

test('an open loop has a rate, and a caveat', () => {
  const { label, preparation, caveats, parameters } = one(['load', 'open'], ['rate', '500'])
  assert.equal(label, 'small, 16 connections, 500/s')
  assert.deepEqual(preparation, {
    request: 'small',
    load: { kind: 'open', connections: 16, ratePerSecond: 500 },
    slowReaders: 0,
  })
  assert.match(caveats.join(), /spins/)
  assert.deepEqual([parameters.rate, parameters.pipelining], [500, undefined])
})

test('a connection for each request', () => {
  const { label, preparation } = one(['connection', 'new'])
  assert.equal(label, 'small, 16 connections, new for each request')
  assert.deepEqual(preparation, {
    request: 'small',
    load: { kind: 'closed', connections: 16, use: { kind: 'one-request-each' } },
    slowReaders: 0,
  })
})

test('cases that take long have few rounds, and say how many', () => {
  assert.deepEqual(
    workloads(['case', 'keep-alive,one-connection,partial-send']).map(({ rounds }) => rounds),
    [6, undefined, 1],
  )
})

test('one round of what waits is enough for the 50 ms detector, and takes seconds', () => {
  for (const name of ['partial-send', 'queued-block', 'next-in-pipeline']) {
    const { slices, sliceWork } = one(['case', name])
    assert.ok(slices * sliceWork >= 100 && slices * sliceWork < 120, name)
  }
})

test('subjects that spin live alone', () => {
  assert.equal(one(['mode', 'queued']).lives, 'together')
  const spinning = one(['mode', 'pollout'])
  assert.equal(spinning.lives, 'alone')
  assert.match(spinning.caveats.join(), /pollout/)
})

test('where requests wait for 50 ms a slice has few, and fewer come before', () => {
  const requests = (...settings: [string, string][]) => one(...settings).sliceWork
  assert.equal(requests(['workers', '2']), 2_000)
  assert.equal(requests(['mode', 'queued']), 2_000)
  assert.equal(requests(['mode', 'queued'], ['workers', '2']), 256)
  assert.equal(requests(['case', 'partial-send']), 16)
  assert.equal(requests(['case', 'partial-send'], ['mode', 'wakeup']), 64)
  // One burst: nothing that comes later wakes the loop.
  assert.equal(requests(['case', 'next-in-pipeline']), 8)
  const waiting = one(['case', 'queued-block'])
  assert.deepEqual(waiting.warmUp, [2_000, 16])
  assert.match(waiting.caveats.join(), /wait for the poll loop/)
  assert.deepEqual(one(['case', 'keep-alive']).caveats, [])
  assert.deepEqual(one(['case', 'keep-alive']).warmUp, [10_000, 2_000])
})

test('every workload has at least one request for each connection', () => {
  for (const connections of ['1', '16', '64']) {
    for (const request of ['small', 'block']) {
      for (const workload of workloads(
        ['case', cases.map(({ name }) => name).join(',')],
        ['connections', connections],
        ['request', request],
        ['rate', '10'],
      )) {
        assert.ok(workload.sliceWork >= Number(connections), workload.label)
      }
    }
  }
})

const impossible: [[string, string][], RegExp][] = [
  [[['case', 'fast']], /case=fast; known: keep-alive, /],
  [[['conections', '1']], /http has no setting "conections"; known: case, request, /],
  [[['request', 'image']], /request=image; known: small, headers, block, rpc/],
  [[['workers', '17']], /workers=17 is no whole number from 0 to 16/],
  [
    [
      ['load', 'open'],
      ['connection', 'new'],
    ],
    /it needs connection=keep-alive and pipelining=1/,
  ],
  [
    [
      ['case', 'open-loop'],
      ['pipelining', '8'],
    ],
    /it needs connection=keep-alive and pipelining=1/,
  ],
  [
    [
      ['connection', 'new'],
      ['pipelining', '2'],
    ],
    /connection=new .* it needs pipelining=1/,
  ],
  [
    [
      ['connections', '64'],
      ['slice-requests', '63'],
    ],
    /give at least 64/,
  ],
]
for (const [settings, message] of impossible) {
  test(`${settings.map(setting => setting.join('=')).join(' ')} cannot be`, () => {
    assert.throws(
      () => workloads(...settings),
      error => error instanceof SettingError && message.test(error.message),
    )
  })
}
