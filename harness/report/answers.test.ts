import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measured } from '../analysis/analyse.ts'
import { histogramOf, steady, uniformWaits } from '../fixtures/latency.ts'
import type { ProcessSample, RevisionSource, SockbenchRecord } from '../record.ts'
import { type Answer, answersOf } from './answers.ts'
import {
  killedProcess,
  loopRounds,
  measuredLarge,
  measuredLatency,
  syntheticProcess,
  syntheticRecord,
  syntheticRounds,
} from './fixtures/synthetic-record.ts'
import { reportModel } from './model.ts'

const exact = { noisePercent: 0 }

function labelled(label: string, processes: ProcessSample[]): Measured {
  return { ...measuredLarge(processes), label, parameters: { profile: label } }
}

function answersTo(...measured: Measured[]): Answer[] {
  return answersOf(syntheticRecord(...measured))
}

function textsOf(...measured: Measured[]): string[] {
  return answersTo(...measured).map(({ text }) => text)
}

/** The only one that starts like this. */
function the(start: string, texts: readonly string[]): string {
  const found = texts.filter(text => text.startsWith(start))
  assert.equal(found.length, 1, `${start}\n${texts.join('\n')}`)
  return found[0]
}

test('what a program is found to be is one answer for all workloads, and one verdict', () => {
  const answers = answersTo(
    labelled('large', syntheticRounds(8, { other: 1.05 }, exact)),
    labelled('small', syntheticRounds(8, { other: 1.02 }, exact)),
    labelled('medium', syntheticRounds(8, { other: 1 }, exact)),
    labelled('tiny', syntheticRounds(8, { other: 0.9 }, exact)),
  )
  const places = ['+5.0 % [+5.0, +5.0] in ibd (large)', '+2.0 % [+2.0, +2.0] in ibd (small)']
  assert.deepEqual(answers.slice(0, 3), [
    {
      verdict: 'slower',
      text: `other against direct: more CPU, ${places.join(' and ')}; more wall time, ${places.join(' and ')}`,
    },
    {
      verdict: 'faster',
      text:
        'other against direct: less CPU, −10.0 % [−10.0, −10.0] in ibd (tiny); ' +
        'less wall time, −10.0 % [−10.0, −10.0] in ibd (tiny)',
    },
    {
      verdict: 'equivalent',
      text:
        'other against direct: no difference found above 1 % in CPU, 0.0 % [0.0, 0.0] in ibd (medium); ' +
        'the same of wall time in 1 workload',
    },
  ])
})

test('what is undecided comes with the smallest effect that could have been seen', () => {
  const [{ text, verdict }] = answersTo(
    labelled('noisy', syntheticRounds(8, { other: 1.004 }, { noisePercent: 3 })),
  )
  assert.equal(verdict, 'inconclusive')
  assert.match(
    text,
    /^other against direct: undecided at ±1 % in CPU, \+?−?\d\.\d % \[.*\] in ibd \(noisy\) \(smallest visible effect \d\.\d %\); the same of wall time in 1 workload$/,
  )
})

test('a difference within the margin says so, and one that a warning is about, too', () => {
  const small = labelled('large', syntheticRounds(8, { other: 1.005 }, exact))
  assert.match(
    textsOf(small)[0],
    /: more CPU, \+0\.5 % \[\+0\.5, \+0\.5\] in ibd \(large\) \(within ±1 %\); more wall time, \+0\.5 /,
  )
  const record = syntheticRecord(labelled('large', syntheticRounds(8, { other: 1.05 }, exact)))
  const warned = (warning: string) => answersOf({ ...record, warnings: [warning] })[0].text
  const moved = 'its CPU difference moved by +5.8 % from the first third of the slices to the last'
  assert.match(
    warned(`ibd (large), other: ${moved}`),
    / in ibd \(large\) \(see the warnings\); more w/,
  )
  assert.doesNotMatch(warned(`ibd (small), other: ${moved}`), /warnings/)
  assert.doesNotMatch(warned(`ibd (large), other: the driver was the bottleneck`), /warnings/)
})

test('of many workloads, the two ends', () => {
  const labels = ['a', 'b', 'c', 'd', 'e', 'f']
  const measured = labels.map((label, i) =>
    labelled(label, syntheticRounds(8, { other: 1.1 - i / 100 }, exact)),
  )
  assert.match(
    textsOf(...measured)[0],
    /^other against direct: more CPU, in 6 workloads, from \+5\.0 % \[\+5\.0, \+5\.0\] in ibd \(f\) to \+10\.0 % \[.*?\] in ibd \(a\); more wall time, in 6 /,
  )
})

test('with too few rounds no figure is given, and nobody is slower', () => {
  const one = labelled('large', syntheticRounds(1, { other: 1.5, third: 2 }))
  assert.deepEqual(answersTo(one), [
    {
      verdict: 'inconclusive',
      text:
        'no interval, so nothing is said of one program against another: ' +
        'ibd (large) (1 round; at least 6 needed)',
    },
    { verdict: null, text: 'not in this record: more than one round; latencies' },
  ])
})

test('where one program alone has too few rounds, it is named', () => {
  const rounds = syntheticRounds(8, { other: 1, third: 1 }, exact)
  const died = rounds.map(process =>
    process.backend === 'third' && process.round > 3
      ? killedProcess(process.round, 'third', 'B')
      : process,
  )
  const texts = textsOf(labelled('large', died))
  assert.equal(
    the('no interval', texts),
    'no interval, so nothing is said of one program against another: ' +
      'third against direct in ibd (large) (4 rounds; at least 6 needed)',
  )
  assert.equal(
    the('4 of', texts),
    '4 of 32 processes did not finish (third 4); what is compared leaves their rounds out',
  )
})

test('a biased run has no verdict but that', () => {
  const biased = labelled('large', syntheticRounds(8, { other: 1.05 }, { ...exact, twin: 1.03 }))
  const answers = answersTo(biased)
  assert.deepEqual(
    answers.map(({ verdict }) => verdict),
    ['invalid', null],
  )
  assert.equal(
    answers[0].text,
    'invalid, since the reference differs from itself (A/A′ excludes 0): ' +
      'CPU in ibd (large), +3.0 % [+3.0, +3.0] and wall time in ibd (large), +3.0 % [+3.0, +3.0]',
  )
})

test('the twins tell how much is nothing; where nothing else was compared, they are the finding', () => {
  const both = labelled('large', syntheticRounds(8, { other: 1 }, exact))
  assert.equal(
    the('the reference against itself', textsOf(both)),
    'the reference against itself (A/A′): no bias found in the CPU of 1 workload; ' +
      'the widest interval is 0.0 % [0.0, 0.0] in ibd (large)',
  )
  const noisy = labelled('noisy', syntheticRounds(8, { other: 1 }, { noisePercent: 3 }))
  assert.match(
    the('the reference against itself', textsOf(both, noisy)),
    /CPU of 2 workloads; the widest interval is .* in ibd \(noisy\)$/,
  )
  const [finding, ...rest] = answersTo(labelled('large', syntheticRounds(8, {}, exact)))
  assert.deepEqual(finding, {
    verdict: 'equivalent',
    text:
      'direct against itself (A/A′): no difference found above 1 % in CPU, 0.0 % [0.0, 0.0] in ibd (large); ' +
      'the same of wall time in 1 workload',
  })
  assert.deepEqual(rest, [{ verdict: null, text: 'not in this record: latencies' }])
})

test('libuv comes last and is no candidate, and the floor is a bound without a verdict', () => {
  const others = { libuv: 0.5, other: 1.1 }
  const answers = answersTo(labelled('large', syntheticRounds(8, others, { ...exact, floor: 0.4 })))
  assert.match(answers[0].text, /^other against direct: more CPU/)
  assert.match(answers[1].text, /^libuv \(a reference and no candidate\) against direct: less CPU/)
  assert.equal(answers[2].verdict, null)
  assert.match(
    answers[2].text,
    /^direct against the bare loop .*: \d\.\d{3} × \[.*\] in ibd \(large\)$/,
  )
})

test('loops: a program with a loop for each service against itself, and against its like', () => {
  const processes = loopRounds(6, { reference: 1, other: 1.1, referenceEach: 1.2, otherEach: 1.5 })
  const texts = textsOf(labelled('large', processes))
  the('other against direct: more CPU, +10.0 % ', texts)
  the('other against direct, both with a loop for each service: more CPU, +25.0 % ', texts)
  the('direct with a socket loop for each service against one for all: more CPU, +20.0 %', texts)
  the('other with a socket loop for each service against one for all: more CPU, +36.4 %', texts)
})

function revised(head: Partial<RevisionSource>): SockbenchRecord {
  const processes = syntheticRounds(8, { direct: 1.05 }, exact).map(process => ({
    ...process,
    revision: process.arm === 'B' ? 'head' : 'base',
  }))
  const source = { ref: null, dirty: false, directory: null, command: null, gitSha: 'aaaa' }
  const revisions = [
    { ...source, name: 'base' },
    { ...source, name: 'head', ...head },
  ]
  return { ...syntheticRecord(labelled('large, direct', processes)), revisions }
}

test('revisions: head against base, and one commit twice is said to be that', () => {
  const texts = (record: SockbenchRecord) => answersOf(record).map(({ text }) => text)
  const other = texts(revised({ gitSha: 'bbbb' }))
  the('head against base, direct: more CPU, +5.0 % [+5.0, +5.0] in ibd (large, direct); ', other)
  assert.ok(other.every(text => !text.includes('same commit')))
  the('base and head are the same commit: what differs is ', texts(revised({})))
  assert.ok(texts(revised({ dirty: true })).every(text => !text.includes('same commit')))
  const { revisions, ...record } = revised({})
  const unknown = revisions.map(revision => ({ ...revision, gitSha: null }))
  const ofCommands = texts({ ...record, revisions: unknown })
  assert.ok(ofCommands.every(text => !text.includes('same commit')))
})

const SAMPLES = 10_000
const prompt = steady(50e3, SAMPLES)

function pushed(mode: string, samples: readonly number[], restingNs: number): Measured {
  const latency = { histogram: histogramOf(samples), lag: null }
  const idle = {
    seconds: 1,
    threads: { 'b-sv2': { cpuNs: restingNs, waitNs: 0 } },
    counters: { 'syscall.poll': 20 },
  }
  const processes = [0, 1, 2, 3, 4, 5].flatMap(round =>
    (['A', "A'", 'B'] as const).map(arm => {
      const backend = arm === 'B' ? 'other' : 'direct'
      return syntheticProcess({ round, backend, arm, cost: 1, latency, idle })
    }),
  )
  const measured = measuredLatency(processes)
  const label = `probe, 1 subscriber, ${mode}`
  return { ...measured, label, parameters: { ...measured.parameters, mode } }
}

test('send modes: the latency of each, beside what it takes at rest', () => {
  const texts = textsOf(
    pushed('optimistic', prompt, 4e6),
    pushed('queued', uniformWaits(SAMPLES), 4e6),
    pushed('pollout', prompt, 990e6),
  )
  assert.equal(
    the('push (probe, 1 subscriber), p50', texts),
    'push (probe, 1 subscriber), p50 and CPU at rest by send mode, of direct and other: ' +
      'optimistic 50 µs, 0.4 % of a core; queued 25 ms, 0.4 % of a core; pollout 50 µs, 99 % of a core',
  )
})

test('send modes: from the least to the most of those that have them, as in the tables', () => {
  const measured = pushed('optimistic', prompt, 4e6)
  const [first] = measured.processes
  const bystander = { ...first, backend: 'libuv', arm: 'B' } as const
  const samplesOf = { A: 50e3, "A'": 10e3, B: 80e3, floor: 1 }
  const processes = [...measured.processes, bystander].map(process => {
    const ns = process.backend === 'libuv' ? 900e3 : samplesOf[process.arm]
    const latency = { histogram: histogramOf(steady(ns, SAMPLES)), lag: null }
    return syntheticProcess({ ...process, cost: 1, latency })
  })
  assert.equal(
    the('push (', textsOf({ ...measured, processes })),
    'push (probe, 1 subscriber, optimistic), p50 by send mode, of direct and other: ' +
      'optimistic 50 to 80.1 µs',
  )
})

test('waits are named where the detector found them: by design, in spite of optimistic sends, and not', () => {
  const waiting = uniformWaits(SAMPLES)
  const partial = { ...pushed('optimistic', waiting, 4e6), scenario: 'http', label: 'block' }
  const few = { ...pushed('optimistic', steady(50e3, 3), 4e6), label: 'few' }
  const texts = textsOf(
    pushed('optimistic', prompt, 4e6),
    pushed('queued', waiting, 4e6),
    pushed('pollout', prompt, 990e6),
    partial,
    few,
  )
  assert.match(
    the('waits for', texts),
    /^waits for the poll loop’s 50 ms timeout: (9\d|100) % of samples in push \(probe, 1 subscriber, queued\) \(direct and other\)$/,
  )
  assert.match(
    the('in spite of optimistic sends', texts),
    /waits for the 50 ms timeout: (9\d|100) % of samples in http \(block\) \(direct and other\)$/,
  )
  assert.match(
    the('with optimistic sends, no', texts),
    / found: push \(probe, 1 subscriber, optimistic\)$/,
  )
  assert.match(
    the('in other send modes, no', texts),
    / found: push \(probe, 1 subscriber, pollout\)$/,
  )
  assert.equal(the('too few', texts), 'too few samples to tell of waits: push (few) (all)')
})

test('who was not found to wait where others do is named', () => {
  const measured = pushed('queued', uniformWaits(SAMPLES), 4e6)
  const latency = { histogram: histogramOf(prompt), lag: null }
  const processes = measured.processes.map(process =>
    process.backend === 'other' ? syntheticProcess({ ...process, cost: 1, latency }) : process,
  )
  const texts = textsOf({ ...measured, processes })
  assert.ok(texts.every(text => !text.includes('no waits')))
  assert.match(
    the('waits for', texts),
    / in push \(probe, 1 subscriber, queued\) \(direct; not found of other\)$/,
  )
})

test('dispatch: what a loop by itself would cost is said as a prediction', () => {
  const record = syntheticRecord()
  const prediction = { scenario: 'ibd', label: 'large', backend: 'other', baseline: 'direct' }
  const predictions = [
    { ...prediction, connections: 1, predictedPercent: 0.4, low: 0.3, high: 0.6 },
    { ...prediction, label: 'small', connections: 1, predictedPercent: 0.3, low: -0.1, high: 0.8 },
  ]
  const dispatch = { processes: [], estimates: [], predictions }
  assert.deepEqual(answersOf({ ...record, dispatch }), [
    {
      verdict: null,
      text:
        'other against direct, predicted from dispatch (its loop without a kernel; smallest and largest ' +
        'of the rounds): CPU +0.4 % [+0.3, +0.6] in ibd (large) and +0.3 % [−0.1, +0.8] in ibd (small)',
    },
  ])
})

test('dispatch by itself is no comparison, and that is said', () => {
  const dispatch = { processes: [], estimates: [], predictions: [] }
  const [{ text, verdict }] = answersOf({ ...syntheticRecord(), dispatch })
  assert.equal(verdict, null)
  assert.match(
    text,
    /^dispatch: what each loop costs per event is in its table; no workload to predict/,
  )
})

test('a record in which everything failed says that, and nothing of a difference', () => {
  const killed = [0, 1].flatMap(round => [
    killedProcess(round, 'direct', 'A'),
    killedProcess(round, 'direct', "A'"),
    killedProcess(round, 'other', 'B'),
  ])
  assert.deepEqual(answersTo(measuredLarge(killed)), [
    { verdict: null, text: 'none of 6 processes finished, so nothing is compared' },
    { verdict: null, text: 'not in this record: latencies' },
  ])
  assert.deepEqual(answersTo(), [])
})

test('what is not in a record is said: twins, rounds, latencies, and what was not reached', () => {
  const alone = syntheticRounds(8, { other: 1 }, exact).filter(({ arm }) => arm !== "A'")
  const record = syntheticRecord(
    labelled('large', alone),
    labelled('small', syntheticRounds(1, { other: 1 })),
  )
  const warnings = ['unfinished: 2 of 3 workloads were measured']
  const texts = answersOf({ ...record, warnings }).map(({ text }) => text)
  assert.equal(
    the('not in this record', texts),
    'not in this record: a check of bias (A/A′): ibd (large); more than one round: ibd (small); ' +
      'latencies; all that was planned (see the warnings)',
  )
})

test('a warning about no workload is about all of them, and is repeated', () => {
  const record = syntheticRecord(labelled('large', syntheticRounds(8, { other: 1 }, exact)))
  const about = (...warnings: string[]) =>
    answersOf({ ...record, warnings })
      .map(({ text }) => text)
      .filter(text => text.startsWith('a warning about'))
  assert.deepEqual(about('the load was high'), [
    'a warning about the whole record: the load was high',
  ])
  assert.deepEqual(about('the load was high', 'the build was old'), [
    'a warning about the whole record: the load was high; and 1 more',
  ])
  assert.deepEqual(about('ibd (large), other: it moved', 'unfinished: 1 of 2 workloads'), [])
})

test('the figures of the answers are those of the tables and sentences', () => {
  const record = syntheticRecord(
    labelled('large', syntheticRounds(8, { other: 1.013, libuv: 0.7 }, { floor: 0.6 })),
    labelled('small', syntheticRounds(8, { other: 0.98, libuv: 1.3 }, { noisePercent: 3 })),
    pushed('optimistic', prompt, 4e6),
    pushed('queued', uniformWaits(SAMPLES), 5e6),
  )
  const { answers, sections } = reportModel(record, 'r')
  const elsewhere = sections
    .flatMap(({ sentences, tables }) => [
      ...sentences,
      ...tables.flatMap(({ rows }) => rows.flat()),
    ])
    .join('\n')
  const figures = answers.flatMap(
    ({ text }) =>
      text.match(/[+−]?[\d.]+ [%×] \[.*?\]|[\d.]+ (?:µs|ms)|[\d.]+ %(?= of a core)/g) ?? [],
  )
  assert.ok(figures.length > 12, `${figures.length}`)
  for (const figure of figures.filter(one => one !== '50 ms')) {
    assert.ok(elsewhere.includes(figure), figure)
  }
})
