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
      // Slow readers stay.
      idleTimeoutMs: 1_200_000,
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
    slices: 3,
    sliceRequests: 100,
  })
})

test("without slow readers a connection is idle for as long as Core's", () => {
  const [service] = one(['workers', '2']).services
  assert.ok(service.protocol === 'http')
  assert.equal(service.idleTimeoutMs, 30_000)
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

test('what has few samples has enough for the 50 ms detector, and takes seconds', () => {
  for (const name of ['partial-send', 'queued-block', 'next-in-pipeline', 'open-loop']) {
    const { slices, sliceWork, samplesTogether, parameters, rounds = 0 } = one(['case', name])
    const unrecorded = parameters.load === 'closed' ? Number(parameters.connections) : 0
    const independent = (rounds * slices * (sliceWork - unrecorded)) / samplesTogether
    assert.ok(independent >= 100 && independent < 120, name)
  }
})

test('requests in flight wait together, and so do those that come within 50 ms', () => {
  const together = (...settings: [string, string][]) => one(...settings).samplesTogether
  assert.equal(together(['connections', '16']), 16)
  assert.equal(together(['connections', '4'], ['pipelining', '8']), 32)
  assert.equal(together(['connections', '4'], ['connection', 'new']), 4)
  assert.equal(together(['load', 'open'], ['rate', '2000']), 100)
  assert.equal(together(['load', 'open'], ['rate', '1']), 1)
  // Each of a burst waits for a timeout of its own.
  assert.equal(together(['case', 'next-in-pipeline']), 1)
})

test('caveats say what CPU and latencies of a load include, and leave out', () => {
  const [connections, closed, ...others] = one(['case', 'keep-alive']).caveats
  assert.equal(
    connections,
    'CPU time includes opening and closing 16 connections for each 5000 requests',
  )
  assert.match(closed, /begin with the write of a request, .* asked less often: load=open/)
  assert.deepEqual(others, [])
  const allOf = (...settings: [string, string][]) => one(...settings).caveats.join()
  assert.match(allOf(['load', 'open']), /16 connections for each 500 requests/)
  assert.doesNotMatch(allOf(['load', 'open']), /closed loop/)
  assert.doesNotMatch(allOf(['connection', 'new']), /opening/)
  assert.match(allOf(['case', 'next-in-pipeline']), /1 connection for each 8 .* 100, 150, … ms/)
  assert.doesNotMatch(allOf(['case', 'partial-send']), /100, 150/)
})

test('subjects that spin live alone', () => {
  assert.equal(one(['mode', 'queued']).lives, 'together')
  const spinning = one(['mode', 'pollout'])
  assert.equal(spinning.lives, 'alone')
  assert.match(spinning.caveats.join(), /pollout/)
})

test('where requests wait for 50 ms a slice has few, and fewer come before', () => {
  const requests = (...settings: [string, string][]) => one(...settings).sliceWork
  assert.equal(requests(['workers', '2']), 5_000)
  assert.equal(requests(['mode', 'queued']), 5_000)
  assert.equal(requests(['mode', 'queued'], ['workers', '2']), 256)
  assert.equal(requests(['case', 'partial-send']), 16)
  assert.equal(requests(['case', 'partial-send'], ['mode', 'wakeup']), 64)
  // One burst: nothing that comes later wakes the loop.
  assert.equal(requests(['case', 'next-in-pipeline']), 8)
  const waiting = one(['case', 'queued-block'])
  assert.deepEqual(waiting.warmUp, [2_000, 16])
  assert.match(waiting.caveats.join(), /wait for the poll loop/)
  assert.deepEqual(one(['case', 'keep-alive']).warmUp, [10_000, 5_000])
  // The more connections there are to open, the more requests.
  assert.equal(requests(['connections', '64']), 19_200)
  assert.equal(requests(['request', 'headers']), 2_000)
})

test('every workload has requests for each connection, and closed ones more than the first', () => {
  for (const connections of ['1', '16', '64']) {
    for (const request of ['small', 'block']) {
      for (const workload of workloads(
        ['case', cases.map(({ name }) => name).join(',')],
        ['connections', connections],
        ['request', request],
        ['rate', '10'],
      )) {
        const least = workload.parameters.load === 'closed' ? 2 : 1
        assert.ok(workload.sliceWork >= least * Number(connections), workload.label)
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
