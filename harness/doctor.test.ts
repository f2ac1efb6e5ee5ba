import assert from 'node:assert/strict'
import { test } from 'node:test'
import { doctorExitCode, examine, judge, renderChecks } from './doctor.ts'
import type { Machine } from './machine.ts'

const good: Machine = {
  node: '20.12.0',
  cpus: [0, 1],
  cores: 2,
  affinityProblem: null,
  schedstatProblem: null,
  governor: 'performance',
  turbo: false,
  socketBufferMaxBytes: { receive: 4 << 20, send: 4 << 20 },
  load: 0.1,
  activity: { processes: [{ pid: 7, name: 'cron', cpuPercent: 2 }], stealPercent: 0 },
  memory: { availableBytes: 8 * 2 ** 30, swapUsedBytes: 0 },
  cpuMax: 'max 100000',
  clockSource: 'tsc',
  hardwareCounters: true,
  perfEventParanoid: 2,
  tools: { perf: true, bitcoind: true, chromium: true, clinic: true },
  directories: [{ path: 'results', freeBytes: 8 * 2 ** 30, writable: true }],
}

test('a good machine needs nothing', () => {
  const checks = judge(good)
  assert.deepEqual(
    checks.filter(({ status, advice }) => status !== 'ok' || advice !== null),
    [],
  )
  assert.equal(doctorExitCode(checks), 0)
})

const lacks: [name: string, status: 'warn' | 'fail', lack: Partial<Machine>, finding: RegExp][] = [
  ['Node', 'fail', { node: '20.11.1' }, /20\.11\.1 is too old/],
  ['Node', 'fail', { node: '18.20.0' }, /18\.20\.0 is too old/],
  ['CPU per thread', 'fail', { schedstatProblem: 'no schedstat' }, /no schedstat/],
  ['affinity', 'fail', { affinityProblem: 'EPERM' }, /cannot be pinned: EPERM/],
  ['cores', 'warn', { cpus: [3], cores: 1 }, /CPU 3 is the only one/],
  ['cores', 'warn', { cpus: [0, 1], cores: 1 }, /CPU 0, 1 are one core/],
  ['CPU quota', 'warn', { cpuMax: '150000 100000' }, /1\.5 of 2 CPUs.* 100 ms period/],
  [
    'socket buffers',
    'warn',
    { socketBufferMaxBytes: { receive: 212_992, send: 4 << 20 } },
    /at most 208 KiB to receive, 4096 KiB to send/,
  ],
  [
    'socket buffers',
    'warn',
    { socketBufferMaxBytes: { receive: 4 << 20, send: 212_992 } },
    /208 KiB to send/,
  ],
  ['load', 'warn', { load: 1.5 }, /1\.50 in the last minute/],
  [
    'other processes',
    'warn',
    { activity: { processes: [{ pid: 7, name: 'make', cpuPercent: 93.4 }], stealPercent: 0 } },
    /make \(pid 7\) 93 %/,
  ],
  ['neighbours', 'warn', { activity: { processes: [], stealPercent: 3 } }, /3\.0 %/],
  ['memory', 'warn', { memory: { availableBytes: 1 << 29, swapUsedBytes: 0 } }, /0\.5 GiB avail/],
  [
    'memory',
    'warn',
    { memory: { availableBytes: 8 * 2 ** 30, swapUsedBytes: 1 << 30 } },
    /1\.0 GiB sw/,
  ],
  ['governor', 'warn', { governor: 'powersave' }, /powersave/],
  ['turbo', 'warn', { turbo: true }, /on/],
  ['clock', 'warn', { clockSource: 'hpet' }, /hpet/],
  ['hardware counters', 'warn', { hardwareCounters: false }, /none/],
  ['hardware counters', 'warn', { perfEventParanoid: 4 }, /perf_event_paranoid is 4/],
  [
    'disk results',
    'warn',
    { directories: [{ path: 'results', freeBytes: 1 << 29, writable: true }] },
    /0\.5 GiB free/,
  ],
  [
    'disk results',
    'fail',
    { directories: [{ path: 'results', freeBytes: 8 * 2 ** 30, writable: false }] },
    /not writable/,
  ],
]

for (const [name, status, lack, finding] of lacks) {
  test(`${name}: ${JSON.stringify(lack)} is a ${status}, with advice, and all else is fine`, () => {
    const checks = judge({ ...good, ...lack })
    const bad = checks.filter(check => check.status !== 'ok')
    assert.deepEqual(
      bad.map(check => [check.name, check.status]),
      [[name, status]],
    )
    assert.match(bad[0].finding, finding)
    assert.ok(bad[0].advice)
    assert.equal(doctorExitCode(checks), status === 'fail' ? 1 : 0)
  })
}

test('a machine that tells little is not accused of anything', () => {
  const silent = { governor: null, turbo: null, cpuMax: null, clockSource: null }
  const buffers = { socketBufferMaxBytes: { receive: null, send: null } }
  const checks = judge({ ...good, ...silent, ...buffers, perfEventParanoid: null })
  assert.ok(checks.every(({ status }) => status === 'ok'))
})

test('missing optional tools are named with the way to get them, and are fine', () => {
  const checks = judge({ ...good, tools: { ...good.tools, perf: false, clinic: false } })
  const check = checks.find(({ name }) => name === 'optional tools')
  assert.deepEqual(check, {
    name: 'optional tools',
    status: 'ok',
    finding: 'found: bitcoind, chromium; no figure depends on them',
    advice: 'perf (apt install linux-perf) · clinic (npm install --no-save clinic@13)',
  })
})

test('advice stands below its finding', () => {
  const checks = [
    { name: 'load', status: 'warn', finding: '2.00', advice: 'wait' },
    { name: 'governor', status: 'ok', finding: 'performance', advice: null },
  ] as const
  assert.equal(
    renderChecks(checks),
    ['warn  load      2.00', '                → wait', 'ok    governor  performance', ''].join(
      '\n',
    ),
  )
})

test('this machine can be examined, directories that do not exist yet included', async () => {
  const checks = await examine(['/tmp/not/there/yet'])
  assert.equal(new Set(checks.map(({ name }) => name)).size, judge(good).length)
  assert.equal(checks.find(({ name }) => name === 'Node')?.finding, process.versions.node)
  assert.match(
    checks.find(({ name }) => name === 'disk /tmp/not/there/yet')?.finding ?? '',
    /^\d+\.\d GiB free/,
  )
})
