import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProcessSample } from '../record.ts'
import {
  killedProcess,
  loopRounds,
  measuredLarge,
  syntheticProcess,
  syntheticRecord,
  syntheticRounds,
} from './fixtures/synthetic-record.ts'
import { type TerminalStyle, terminalReport, terminalStyle } from './terminal.ts'

const plain: TerminalStyle = { colour: false, columns: null }
const reportOf = (processes: ProcessSample[], style = plain) =>
  terminalReport(syntheticRecord(measuredLarge(processes)), 'results/runs/x/record.json', style)

function firstSection(report: string): string {
  return report.slice(report.search(/^ibd: /m))
}

test('plain columns: figures, the ratio with its interval, and the verdict', () => {
  const processes = syntheticRounds(8, { 'virtual-sockman': 1.05 }, { noisePercent: 0, floor: 0.5 })
  const lines = firstSection(reportOf(processes)).split('\n')
  assert.equal(lines[0], 'ibd: large, 1 peer')
  assert.deepEqual(
    lines.slice(2, 7).map(line => line.split(/ {2,}/).map(cell => cell.trim())),
    [
      [
        'backend',
        'CPU s/GB',
        'b-net',
        'b-msghand',
        'other',
        'MB/s',
        'driver/subject',
        'CPU ratio',
        '95 % interval',
        'verdict',
      ],
      ['direct', '1.08', '0.81', '0.27', '—', '741', '25 %', '1', '—', 'reference'],
      [
        'direct (A′)',
        '1.08',
        '0.81',
        '0.27',
        '—',
        '741',
        '25 %',
        '1.0000',
        '1.0000 – 1.0000',
        'equivalent within ±1 %',
      ],
      [
        'virtual-sockman',
        '1.13',
        '0.851',
        '0.284',
        '—',
        '705',
        '25 %',
        '1.0500',
        '1.0500 – 1.0500',
        'slower by more than 1 %',
      ],
      ['floor', '0.54', '0.405', '0.135', '—', '1,480', '25 %', '—', '—', '—'],
    ],
  )
})

test('sentences follow the table, and the end says where it came from and why to believe it', () => {
  const report = reportOf(syntheticRounds(8, { 'virtual-sockman': 1.05 }, { noisePercent: 0 }))
  const zero = 'A/A′ 0.0 % [0.0, 0.0]; smallest effect this run could see 0.0 %'
  assert.ok(
    report.includes(
      '\nvirtual-sockman needs +5.0 % [+5.0, +5.0] CPU per GB against direct: ' +
        `slower by more than 1 %; ${zero}\n`,
    ),
    report,
  )
  assert.ok(
    report.endsWith(
      [
        'record:         results/runs/x/record.json',
        'seed:           42',
        'again:          sockbench run --scenario ibd --seed 42',
        'machine:        Example CPU, 2 CPUs, Linux 6.1.0, Node v20.12.0; load 0.25 before, 1.5 after',
        'why believe it: 8 rounds of fresh processes; slices interleaved in seeded random order; ' +
          'the reference twice in each round (A/A′); socket buffers fixed at 256 KiB; ' +
          'driver on CPU 0, subjects on CPU 1',
        'how to read:    columns are medians over processes; ratios are means of those against A and against A′, ' +
          'slice group by slice group, a third trimmed at each end; a message is a block received and ' +
          'the request for another',
        'chance:         4 intervals at 95 %: some 0.2 of them would miss the truth by chance alone',
        '',
      ].join('\n'),
    ),
    report,
  )
})

test('answers first, bars between figures and counts, and what bars mean once', () => {
  const counters = { 'syscall.recv': 300 }
  const processes = [0, 1, 2, 3, 4, 5].flatMap(round =>
    (['A', "A'", 'B'] as const).map(arm => {
      const backend = arm === 'B' ? 'other' : 'direct'
      return syntheticProcess({ round, backend, arm, cost: 1, counters })
    }),
  )
  const parts = reportOf(processes).split('\n\n')
  const starts = [
    'In words\n  other against',
    'bars: ',
    'ibd: large',
    'backend ',
    'CPU against',
    'per block',
  ]
  assert.deepEqual(
    parts.slice(0, 6).map((part, i) => part.startsWith(starts[i])),
    starts.map(() => true),
    parts.join('\n\n'),
  )
  assert.doesNotMatch(reportOf(processes.slice(0, 3)), /^bars: |\[·*\|/m)
})

test('on a terminal what is said is wrapped, and never in a pipe', () => {
  const processes = syntheticRounds(8, { other: 1.05, third: 1 })
  const [words] = reportOf(processes, { colour: false, columns: 60 }).split('\n\n')
  assert.ok(
    words.split('\n').every(line => line.length <= 60),
    words,
  )
  assert.match(words, /\n {2}other against direct: .*\n {4}\S/)
  assert.match(reportOf(processes), /\n {2}other against direct: .{70,}\n/)
})

test('in messages, throughput is per second and per CPU second', () => {
  const counters = { 'syscall.recv': 6 }
  const process = syntheticProcess({ round: 0, backend: 'direct', arm: 'A', cost: 0.8, counters })
  const measured = { ...measuredLarge([process]), unit: 'message' as const, label: 'small, 1 peer' }
  const report = terminalReport(syntheticRecord(measured), 'r', plain)
  const [head, row] = firstSection(report).split('\n').slice(2, 4)
  assert.match(head, /CPU ns\/message .*messages\/CPU-s +messages\/s/)
  assert.match(row, /^direct +800,000 +600,000 +200,000 +— +1,250 +1,000 +25 %/)
  assert.match(report, /\nper 1000 messages +direct\nrecv\(\) +20\n/)
})

test('columns are headed by the names of the threads that ran, and a driver that was the bottleneck is named', () => {
  const process = syntheticProcess({
    round: 0,
    backend: 'direct',
    arm: 'A',
    cost: 1,
    driverFactor: 2.4,
    wallFactor: 2.5,
  })
  assert.ok(process.outcome.state === 'completed')
  for (const slice of process.outcome.slices) {
    slice.threads = {
      'b-http': { cpuNs: 3e7, waitNs: 0 },
      'b-httpworker': { cpuNs: 7e7, waitNs: 0 },
    }
  }
  const report = terminalReport(
    syntheticRecord({ ...measuredLarge([process]), unit: 'request' }),
    'r',
    plain,
  )
  const [head, row] = firstSection(report).split('\n').slice(2, 4)
  const heads = [
    'CPU ns/request',
    'b-http',
    'b-httpworker',
    'other',
    'requests/CPU-s',
    'requests/s',
  ]
  assert.deepEqual(head.split(/ {2,}/).slice(1, 7), heads)
  assert.deepEqual(row.split(/ {2,}/).slice(2, 7), [
    '300,000',
    '700,000',
    '—',
    '1,000',
    'driver-bound',
  ])
})

test('zeros of a backend that counts no polls are not counts', () => {
  const counted = { 'syscall.poll': 100, sendWaits45ms: 0, messagesSent: 300 }
  const report = reportOf([
    syntheticProcess({ round: 0, backend: 'direct', arm: 'A', cost: 1, counters: counted }),
    syntheticProcess({
      round: 0,
      backend: 'libuv',
      arm: 'B',
      cost: 1,
      counters: { ...counted, 'syscall.poll': 0 },
    }),
  ])
  assert.match(report, /\nper block +direct +libuv\npoll\(\) +0.333 +—\nmessages sent +1 +1\n/)
  assert.match(report, /\n0 wherever counted: send waits ≥ 45 ms\n/)
})

test('counts are per block, calls that nobody made are left out, zeros of events are told in a line', () => {
  const counters = {
    'syscall.recv': 4800,
    'syscall.bind': 0,
    floodPauses: 0,
    sendWaits45ms: 3,
    queueFull503: 3,
  }
  const report = reportOf([
    syntheticProcess({ round: 0, backend: 'direct', arm: 'A', cost: 1, counters }),
    syntheticProcess({ round: 0, backend: 'direct', arm: "A'", cost: 1, counters }),
    syntheticProcess({ round: 0, backend: 'other', arm: 'B', cost: 1, counters: { lookups: 900 } }),
  ])
  const at = report.indexOf('per block')
  const rows = report.slice(at).split('\n\n')[0].split('\n')
  assert.deepEqual(
    rows.map(row => row.split(/ {2,}/)),
    [
      ['per block', 'direct', 'other'],
      ['recv()', '16', '—'],
      ['send waits ≥ 45 ms', '0.01', '—'],
      ['queue full 503', '0.01', '—'],
      ['lookups', '—', '3'],
      ['0 wherever counted: flood pauses'],
    ],
  )
})

test('loops: rows, counts and sentences say who has a loop each', () => {
  const costs = { reference: 1, other: 1.1, referenceEach: 1.2, otherEach: 1.5 }
  const processes = loopRounds(6, costs).map(process =>
    syntheticProcess({
      ...process,
      cost: costs[costName(process)],
      counters: { lookups: process.loops === 'each' ? 600 : 300 },
    }),
  )
  const killed = { ...killedProcess(6, 'other', 'B'), loops: 'each' as const }
  const report = reportOf([...processes, killed])
  const rows = firstSection(report).split('\n\n')[1].split('\n').slice(1)
  assert.deepEqual(
    rows.map(row => row.split(/ {2,}/)).map(cells => [cells[0], cells[1], cells.at(-3)]),
    [
      ['direct', '1', '1'],
      ['direct (A′)', '1', '1.0000'],
      ['other', '1.1', '1.1000'],
      ['direct, a loop each', '1.2', '1.2000'],
      ['other, a loop each', '1.5', '1.2500'],
    ],
  )
  assert.match(
    report,
    /\nper block +direct +other +direct, a loop each +other, a loop each\nlookups +1 +1 +2 +2\n/,
  )
  assert.match(report, /\ndirect, a loop each needs \+20\.0 % .* CPU per GB against direct: slower/)
  assert.match(
    report,
    /\nother, a loop each needs \+25\.0 % .* CPU per GB against direct, a loop each: slower/,
  )
  assert.match(report, /\n {2}other, a loop each did not finish ibd/)
  assert.match(report, /how to read: .*with a loop each, the reference is against itself/)
  assert.doesNotMatch(reportOf(syntheticRounds(6, {})), /loop each/)
})

function costName({ backend, loops }: ProcessSample) {
  if (loops === 'each') return backend === 'direct' ? 'referenceEach' : 'otherEach'
  return backend === 'direct' ? 'reference' : 'other'
}

test('a subject that never finished has no figure, and its stage and reason are listed', () => {
  const rounds = syntheticRounds(6, {})
  const killed = rounds
    .filter(({ arm }) => arm === 'A')
    .map(({ round }) => killedProcess(round, 'other', 'B'))
  const report = reportOf([...rounds, ...killed])
  assert.match(report, /\nother +— +— +— +— +— +— +— +— +did not finish\n/)
  assert.ok(
    report.includes(
      '  other did not finish ibd (large, 1 peer), round 3, run: killed by SIGKILL\n',
    ),
  )
  assert.match(report, /\nWarnings\n {2}ibd \(large, 1 peer\), other: 6 of 6 processes gave no/)
  assert.doesNotMatch(report, /other needs/)
})

test('an invalid run says so in the table and in the sentences', () => {
  const report = reportOf(syntheticRounds(8, { other: 1.05 }, { twin: 1.03 }))
  assert.match(report, /\nother +.* invalid \(A\/A′ excludes 0, so the run was biased\)\n/)
  assert.match(report, /\nother needs \+.* CPU per GB against direct: invalid \(A\/A′ excludes 0/)
})

test('a single round gives a ratio without an interval', () => {
  const report = reportOf(syntheticRounds(1, { other: 1.05 }, { noisePercent: 0 }))
  const row = /\nother .* 1\.0500 +— +inconclusive \(1 round; at least 6 needed\)\n/
  assert.match(report, row)
  assert.match(report, /\nwhy believe it: 1 round of fresh processes;/)
})

test('a dead subject cannot drive the terminal', () => {
  const record = syntheticRecord(measuredLarge([killedProcess(0, 'direct', 'A')]))
  record.failures[0].reason = 'exit code 1: \u001b[2Jboom\r\nagain\u009b'
  const report = terminalReport(record, 'r', plain)
  assert.ok(report.includes('run: exit code 1: \\x1b[2Jboom\\x0d\\x0aagain\\x9b\n'))
})

test('a frame where the terminal is wide enough, columns where it is not', () => {
  const rounds = syntheticRounds(6, { other: 1.05 })
  assert.match(reportOf(rounds, { colour: false, columns: 200 }), /┌─.*─┐\n│ backend/)
  assert.doesNotMatch(reportOf(rounds, { colour: false, columns: 80 }), /[┌│]/)
})

test('colours only where they were asked for', () => {
  const rounds = syntheticRounds(8, { other: 1.05 }, { noisePercent: 0 })
  const red = '\u001b[31mslower by more than 1 %\u001b[39m'
  assert.ok(reportOf(rounds, { colour: true, columns: 200 }).includes(red))
  assert.ok(reportOf(rounds, { colour: true, columns: 80 }).includes(red))
  assert.ok(!reportOf(rounds, { colour: false, columns: 200 }).includes('\u001b'))
})

test('a terminal has colours unless NO_COLOR is set; a pipe has neither colours nor frames', () => {
  const terminal = { isTTY: true, columns: 132 }
  const utf8 = { LANG: 'C.UTF-8' }
  const style = { colour: true, columns: 132, ascii: false }
  assert.deepEqual(terminalStyle(terminal, utf8), style)
  assert.deepEqual(terminalStyle(terminal, { ...utf8, NO_COLOR: '' }), style)
  const plainStyle = { ...style, colour: false }
  assert.deepEqual(terminalStyle(terminal, { ...utf8, NO_COLOR: '1' }), plainStyle)
  assert.deepEqual(terminalStyle({}, utf8), { colour: false, columns: null, ascii: false })
})

test('line-drawing characters need a UTF-8 locale, told by the first of three variables', () => {
  const asciiOf = (environment: Record<string, string>) => terminalStyle({}, environment).ascii
  assert.equal(asciiOf({}), true)
  assert.equal(asciiOf({ LANG: 'en_GB.UTF-8' }), false)
  assert.equal(asciiOf({ LANG: 'en_GB.utf8' }), false)
  assert.equal(asciiOf({ LC_CTYPE: 'POSIX', LANG: 'en_GB.UTF-8' }), true)
  assert.equal(asciiOf({ LC_ALL: 'C.UTF-8', LC_CTYPE: 'POSIX' }), false)
  assert.equal(asciiOf({ LC_ALL: '', LANG: 'C.UTF-8' }), false)
})
