import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SockbenchRecord } from '../record.ts'
import {
  killedProcess,
  measuredLarge,
  syntheticProcess,
  syntheticRecord,
  syntheticRounds,
} from './fixtures/synthetic-record.ts'
import { MOST_CHARACTERS, markdownReport } from './markdown.ts'
import { reportModel } from './model.ts'

const markdownOf = (record: SockbenchRecord) => markdownReport(reportModel(record, 'x/record.json'))

test('the answers, one table of all that is compared, then the rest, folded, and how to do it again', () => {
  const counters = { 'syscall.recv': 300, floodPauses: 0 }
  const processes = syntheticRounds(8, { other: 1.05 }, { noisePercent: 0 }).map(process =>
    process.outcome.state === 'completed'
      ? { ...process, outcome: { ...process.outcome, counters } }
      : process,
  )
  const lines = markdownOf(syntheticRecord(measuredLarge(processes))).split('\n')
  const five = '+5.0 % \\[+5.0, +5.0\\]'
  const zero = '0.0 % \\[0.0, 0.0\\]'
  const within = '🟢 equivalent within ±1 %'
  const slower = '🔴 slower by more than 1 %'
  assert.deepEqual(lines.slice(0, 18), [
    '## sockbench report',
    '',
    `- 🔴 other against direct: more CPU, ${five} in ibd (large, 1 peer); more wall time, ${five} in ibd (large, 1 peer)`,
    '- the reference against itself (A/A′): no bias found in the CPU of 1 workload; ' +
      `the widest interval is ${zero} in ibd (large, 1 peer)`,
    '- not in this record: latencies',
    '',
    '| workload | compared | figure | change [95 %] | says |',
    '| - | - | - | - | - |',
    `| ibd: large, 1 peer | direct (A′) against direct | CPU | ${zero} | ${within} |`,
    `| | other against direct | CPU | ${five} | ${slower} |`,
    `| | direct (A′) against direct | wall time | ${zero} | ${within} |`,
    `| | other against direct | wall time | ${five} | ${slower} |`,
    '',
    '<details><summary>ibd: large, 1 peer</summary>',
    '',
    '| backend | CPU s/GB | b-net | b-msghand | other | MB/s | driver/subject | CPU ratio | 95 % interval | verdict |',
    '| - | - | - | - | - | - | - | - | - | - |',
    '| direct | 1.08 | 0.81 | 0.27 | — | 741 | 25 % | 1 | — | reference |',
  ])
  const text = lines.join('\n')
  assert.match(text, /\n\| recv\(\) \| 1 \| 1 \|\n\n0 wherever counted: flood pauses\n/)
  assert.match(
    text,
    /\n\n- other needs \+5\.0 % .*\n- other needs .* wall time .*\n\n<\/details>\n\n- record: x\/record\.json\n/,
  )
  assert.match(text, /\n- again: `sockbench run --scenario ibd --seed 42`\n/)
  assert.match(text, /\n- chance: 4 intervals at 95 %: .*\n$/)
})

test('one round has ratios, no interval, and neither green nor red', () => {
  const text = markdownOf(syntheticRecord(measuredLarge(syntheticRounds(1, { other: 1.5 }))))
  assert.match(
    text,
    /\| other against direct \| CPU \| \+50\.\d % \| ⚪ inconclusive \(1 round; at le/,
  )
  assert.doesNotMatch(text, /🔴|🟢/)
})

test('who did not finish is listed with the reason, and everything may have failed', () => {
  const killed = [killedProcess(0, 'direct', 'A'), killedProcess(0, 'other', 'B')]
  const text = markdownOf(syntheticRecord(measuredLarge(killed)))
  assert.match(text, /\n- none of 2 processes finished, so nothing is compared\n/)
  assert.match(
    text,
    /\n<details><summary>Subjects that did not finish: 2<\/summary>\n\n- direct did not/,
  )
  assert.doesNotMatch(text, /\| workload \|/)
  assert.match(text, /\| other \| — \|.* did not finish \|/)
})

const evil = 'a|b `c` <script>x</script> @someone #12\n# no</summary>'

test('no name gets out of its place', () => {
  const processes = syntheticRounds(8, { [evil]: 1.05 })
  const record = syntheticRecord({ ...measuredLarge(processes), label: evil })
  const program = { backend: evil, loops: null, revision: null, arm: 'B' } as const
  record.failures = [
    { ...program, scenario: evil, label: evil, round: 0, stage: 'run', reason: evil },
  ]
  const text = markdownOf({ ...record, warnings: [evil], command: evil })
  const lines = text.split('\n').filter(line => !line.startsWith('- again: '))
  assert.doesNotMatch(lines.join('\n'), /<script|@someone|#12|<\/summary>./)
  const markdown = lines.filter(line => !line.startsWith('<details>')).join('\n')
  assert.doesNotMatch(markdown, /[^\\]\|b|[^\\]`/)
  assert.ok(
    lines.every(line => /^(##? sock.*|[|-] .*|<\/?details>.*|0 wh.*|)$/.test(line)),
    text,
  )
  assert.equal(text.match(/<details>/g)?.length, text.match(/<\/details>/g)?.length)
  const rows = lines.filter(line => line.startsWith('|'))
  const columns = rows.map(row => row.match(/(?<!\\)\|/g)?.length)
  assert.deepEqual([...new Set(columns)], [6, 11])
})

test('whatever the record, it fits a comment, and says what is left out', () => {
  const long = 'long name | with @mention and #1 '.repeat(400)
  const processes = Array.from({ length: 8 }, (_, round) => [
    syntheticProcess({ round, backend: 'direct', arm: 'A', cost: 1 }),
    syntheticProcess({ round, backend: 'direct', arm: "A'", cost: 1 }),
    ...Array.from({ length: 6 }, (__, i) =>
      syntheticProcess({ round, backend: `${long}${i}`, arm: 'B', cost: 1 + i / 50 }),
    ),
  ]).flat()
  const workloads = Array.from({ length: 24 }, (_, i) => ({
    ...measuredLarge(processes),
    label: `${i} ${long}`,
  }))
  const record = syntheticRecord(...workloads)
  const failure = {
    scenario: 'ibd',
    label: long,
    round: 0,
    backend: long,
    loops: null,
    revision: null,
  }
  record.failures = Array.from({ length: 3000 }, () => ({
    ...failure,
    arm: 'B',
    stage: 'run',
    reason: '@a#1'.repeat(5000),
  }))
  record.warnings = Array.from({ length: 1000 }, (_, i) => `warning ${i} ${long}`)
  const text = markdownOf({ ...record, command: long })
  assert.ok(text.length < MOST_CHARACTERS, `${text.length}`)
  assert.match(
    text,
    /\nLeft out, since a comment may have 65,536 characters: .*\d+ comparisons, .*`sockbench report` prints it all\.\n$/,
  )
  assert.match(text, /\n- warning 0 long name .*…\n/)
  assert.match(text, /, \d+ subjects that did not finish, \d+ warnings and \d+ more\. /)
  assert.equal(text.match(/<details>/g)?.length, text.match(/<\/details>/g)?.length)
})

test('a record of an ordinary size is told whole', () => {
  const workloads = Array.from({ length: 10 }, (_, i) => ({
    ...measuredLarge(syntheticRounds(8, { other: 1.01, third: 1, libuv: 1.3 })),
    label: `workload ${i}`,
  }))
  const text = markdownOf(syntheticRecord(...workloads))
  assert.doesNotMatch(text, /Left out/)
  assert.equal(text.match(/<details><summary>ibd: workload \d<\/summary>/g)?.length, 10)
})
