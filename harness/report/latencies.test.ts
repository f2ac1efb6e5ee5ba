import assert from 'node:assert/strict'
import { test } from 'node:test'
import { histogramOf, steady, uniformWaits } from '../fixtures/latency.ts'
import type { ProcessSample, SockbenchRecord } from '../record.ts'
import {
  killedProcess,
  measuredLatency,
  syntheticProcess,
  syntheticRecord,
} from './fixtures/synthetic-record.ts'
import { terminalReport } from './terminal.ts'

const plain = { colour: false, columns: null }
const SAMPLES = 10_000
const prompt = [...steady(50e3, SAMPLES), 3e6]
const idle = {
  seconds: 2,
  threads: { 'b-sv2': { cpuNs: 1e7, waitNs: 0 } },
  counters: { 'syscall.poll': 40 },
}
const counters = { 'syscall.poll': 60, 'syscall.send': 150, sendWaits45ms: 0 }

/** 6 rounds of A, A′ and another backend, each with these latencies and a cost of 1 ms a message. */
function rounds(samples: number[], lags: string | null): ProcessSample[] {
  const lag = lags === null ? null : { of: 'driver' as const, histogram: lags }
  const latency = { histogram: histogramOf(samples), lag }
  return [0, 1, 2, 3, 4, 5].flatMap(round =>
    (['A', "A'", 'B'] as const).map(arm => {
      const backend = arm === 'B' ? 'other' : 'direct'
      return syntheticProcess({ round, backend, arm, cost: 1, latency, idle, counters })
    }),
  )
}

const paced = histogramOf(steady(1e3, SAMPLES))

function pushed(mode: string, processes: ProcessSample[]) {
  const measured = measuredLatency(processes)
  const label = `probe, 1 subscriber, ${mode}`
  return { ...measured, label, parameters: { ...measured.parameters, mode } }
}

/** The cells of the rows of the table whose head begins with this, the head first. */
function tableOf(report: string, head: string): string[][] {
  const [table] = report.slice(report.indexOf(`\n\n${head}`) + 2).split('\n\n')
  return table.split('\n').map(row => row.split(/ {2,}/).map(one => one.trim()))
}

test('requests: CPU, throughput and latency side by side, then the CPU ratio', () => {
  const measured = measuredLatency(rounds(prompt, null))
  const requests = { ...measured, scenario: 'http', label: 'small', unit: 'request' } as const
  const report = terminalReport(syntheticRecord(requests), 'r', plain)
  const [head, direct, , other] = tableOf(report, 'backend')
  assert.deepEqual(
    head,
    'backend|CPU µs/request|requests/s|p50|p90|p99|p99.9|max|waited|CPU at rest|polls/s at rest|CPU ratio|95 % interval|verdict'.split(
      '|',
    ),
  )
  const figures = [
    '1,000',
    '800',
    '50 µs',
    '50 µs',
    '50 µs',
    '50 µs',
    '3 ms',
    'none',
    '0.5 %',
    '20',
  ]
  assert.deepEqual(direct, ['direct', ...figures, '1', '—', 'reference'])
  assert.deepEqual(other.slice(0, 12), ['other', ...figures, '1.0000'])
  assert.ok(report.includes('\nper 1000 requests '))
  assert.match(report, /\nother needs .* CPU per request against direct/)
  assert.doesNotMatch(report, /needs .* wall time/)
  assert.match(
    report,
    /\nlatency of other against direct: p50 0\.0 % \[0\.0, 0\.0\], equivalent within ±1 %; p99 0\.0 %/,
  )
  assert.match(report, /why believe it: .*; subjects one after the other in seeded random order;/)
})

test('push: one table of backend by send mode, the wait beside what it costs to have none', () => {
  const report = terminalReport(
    syntheticRecord(
      pushed('optimistic', rounds(prompt, paced)),
      pushed('queued', rounds(uniformWaits(SAMPLES), paced)),
    ),
    'r',
    plain,
  )
  assert.deepEqual(report.match(/^push: .*/gm), ['push: probe, 1 subscriber'])
  const [head, ...rows] = tableOf(report, 'backend')
  assert.deepEqual(
    head,
    'backend|mode|p50|p99|max|waited|CPU at rest|polls/s at rest|CPU µs/message'.split('|'),
  )
  assert.deepEqual(
    rows.map(([backend, mode]) => `${backend} ${mode}`),
    ['direct optimistic', 'direct queued', 'other optimistic', 'other queued'],
  )
  assert.deepEqual(rows[0].slice(2), ['50 µs', '50 µs', '3 ms', 'none', '0.5 %', '20', '1,000'])
  assert.deepEqual(rows[1].slice(2, 5), ['25 ms', '49.5 ms', '50 ms'])
  assert.match(rows[1][5], /^(9\d|100) %, uniform$/)
  assert.ok(report.includes('\nthe 50 ms detector names: direct queued, other queued\n'))
  assert.match(report, /\nqueued: other needs 0\.0 % \[0\.0, 0\.0\] CPU per message against direct/)
})

test('the lag of a driver that had a schedule is a sentence, and that of a closed loop is none', () => {
  const lags = histogramOf([...steady(2e3, SAMPLES), ...steady(79.95e3, SAMPLES / 20)])
  const reportOf = (lag: string | null, samplesTogether = 1) => {
    const measured = { ...measuredLatency(rounds(prompt, lag)), scenario: 'http', samplesTogether }
    return terminalReport(syntheticRecord(measured), 'r', plain)
  }
  assert.match(reportOf(lags), /\nthe load generator was late by p50 2 µs, p99 80 µs\n/)
  assert.match(reportOf(lags, 200), /\nthe load generator was late by p50 2 µs\n/)
  assert.doesNotMatch(reportOf(null), /late by/)
})

test('push: the longest of A′ counts, though it has no row', () => {
  const longer = { histogram: histogramOf([...prompt, 9e6]), lag: null }
  const processes = rounds(prompt, null).map(process =>
    process.arm === "A'" && process.round === 3
      ? syntheticProcess({ ...process, cost: 1, latency: longer })
      : process,
  )
  const report = terminalReport(syntheticRecord(pushed('queued', processes)), 'r', plain)
  const [, direct, other] = tableOf(report, 'backend')
  assert.deepEqual([direct[4], other[4]], ['9 ms', '3 ms'])
})

test('what is said of slice groups and of buffers is said of the workloads that have them', () => {
  const alone = measuredLatency(rounds(prompt, null))
  const together = { ...alone, lives: 'together' } as const
  const howToRead = (record: SockbenchRecord) =>
    /how to read: .*? and against A′(.*?);/.exec(terminalReport(record, 'r', plain))?.[1]
  const trimmed = ', slice group by slice group, a third trimmed at each end'
  assert.equal(howToRead(syntheticRecord(alone)), '')
  assert.equal(howToRead(syntheticRecord(together)), trimmed)
  const both = howToRead(syntheticRecord(alone, together))
  assert.equal(both, `${trimmed} (where slices were interleaved)`)
  const record = syntheticRecord(alone)
  record.environment.socketBufferBytes = [2304, 262_144]
  assert.match(terminalReport(record, 'r', plain), /; socket buffers fixed at 2.25, 256 KiB;/)
})

test('push: counts tell who sends and when, zeros of the residual waits included', () => {
  const report = terminalReport(
    syntheticRecord(pushed('queued', rounds(prompt, paced))),
    'r',
    plain,
  )
  const [head, direct] = tableOf(report, 'per 1000 messages')
  assert.deepEqual(head.slice(0, 4), ['per 1000 messages', 'mode', 'poll()', 'send()'])
  assert.equal(head.at(-1), 'send waits ≥ 45 ms')
  assert.deepEqual(direct, ['direct', 'queued', '200', '500', '—', '—', '0'])
})

test('push: where there were too few rounds to compare by, that is said once', () => {
  const early = rounds(prompt, paced).filter(({ round }) => round < 2)
  const report = terminalReport(syntheticRecord(pushed('queued', early)), 'r', plain)
  const said = report.match(/^queued: .*$/gm)
  assert.deepEqual(said, ['queued: no intervals to compare by (2 rounds; at least 6 needed)'])
})

test('push: other parameters are other tables', () => {
  const many = pushed('queued', rounds(prompt, paced))
  const record = syntheticRecord(pushed('queued', rounds(prompt, paced)), {
    ...many,
    label: 'probe, 16 subscribers, queued',
    parameters: { ...many.parameters, subscribers: 16 },
  })
  const titles = terminalReport(record, 'r', plain).match(/^push: .*$/gm)
  assert.deepEqual(titles, [
    'push: probe, 1 subscriber, queued',
    'push: probe, 16 subscribers, queued',
  ])
})

test('push: rows that cannot be judged, and rows without an end, are named', () => {
  const few = rounds(uniformWaits(5), null)
  const killed = [0, 1].map(round => killedProcess(round, 'third', 'B'))
  const report = terminalReport(syntheticRecord(pushed('queued', [...few, ...killed])), 'r', plain)
  assert.ok(
    report.includes(
      '\nthe 50 ms detector names: none; too few valid samples to tell: direct queued, other queued\n',
    ),
  )
  const rows = tableOf(report, 'backend')
  assert.deepEqual(rows[1].slice(3, 6), ['—', '45 ms', 'too few'])
  assert.deepEqual(rows[3].slice(2), ['—', '—', '—', '—', '—', '—', 'did not finish'])
})

test('latencies of a generator that was late are not shown', () => {
  const late = histogramOf(steady(200e3, SAMPLES))
  const record = syntheticRecord(pushed('optimistic', rounds(prompt, late)))
  const report = terminalReport(record, 'r', plain)
  assert.deepEqual(tableOf(report, 'backend')[1].slice(2, 6), ['—', '—', '—', '—'])
  assert.match(report, /names: none; too few valid samples to tell: direct optimistic, other opt/)
  assert.doesNotMatch(report, /latency of other against/)
  assert.match(report, /\nWarnings\n {2}push \(.*\), the load of direct was itself late/)
})

test('a download with latencies beside it has its costs in s/GB', () => {
  const measured = {
    ...measuredLatency(rounds(prompt, null)),
    scenario: 'mixed',
    unit: 'GB',
  } as const
  const report = terminalReport(syntheticRecord(measured), 'r', plain)
  const [head, direct] = tableOf(report, 'backend')
  assert.deepEqual(head.slice(1, 3), ['CPU s/GB', 'MB/s'])
  assert.deepEqual(direct.slice(1, 3), ['1', '800'])
})
