import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { commandLineOf, type Ended, Sockbench } from './fixtures/sockbench.ts'
import { readMerged } from './latency.ts'
import { recordSchema, type SockbenchRecord } from './record.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-cli-'))
process.env.SOCKBENCH_CACHE = join(directory, 'cache')
after(() => {
  Sockbench.killAll()
  rmSync(directory, { recursive: true })
})

const smallPlan =
  '--scenario ibd --backend direct,virtual-sockman --rounds 1 --set profile=small --set peers=1 --set slices=2 --set slice-blocks=200'.split(
    ' ',
  )

function sockbench(...args: string[]): Promise<Ended> {
  return Sockbench.start(args).ended
}

/** One line that says what is wrong, nothing on stdout. */
function assertRefused(ended: Ended, code: number, expected: RegExp): void {
  assert.match(ended.stderr, /^sockbench: [^\n]+\n$/)
  assert.match(ended.stderr, expected)
  assert.equal(ended.stdout, '')
  assert.equal(ended.code, code)
}

const badUsage: [string, RegExp][] = [
  ['run --scenario nope', /no scenario "nope"; known: ibd/],
  ['run --backend direct,nope', /no backend "nope"; known: direct, virtual-sockman/],
  ['run --backend floor', /floor is only measured beside others/],
  ['run --nope', /unknown option '--nope' \(see sockbench run --help\)/],
  ['run --round 1', /unknown option '--round' \(Did you mean --rounds\?\)/],
  ['nope', /unknown command 'nope' \(see sockbench --help\)/],
  ['run nope', /too many arguments/],
  ['run --scenario ibd --set nope=1', /no setting "nope" in ibd; known: profile, peers/],
  [
    'run --scenario ibd --set profile=nope',
    /no chain profile "nope"; known: large, small, mainnet/,
  ],
  ['run --scenario ibd --set mode=nope', /mode=nope; known: optimistic, queued/],
  ['run --scenario ibd --set peers=1,126', /peers=126 is no whole number from 1 to 64/],
  [
    'run --scenario ibd,push --set nope=1',
    /no setting "nope" in ibd, push; known: profile, .*subs/,
  ],
  ['run --scenario ibd,push --set profile=nope', /no chain profile "nope"/],
  ['run --scenario push --backend direct,floor', /floor can take part in none of the chosen/],
  ['run --set peers', /--set peers: write KEY=VALUE/],
  ['run --set peers=1 --set peers=8', /--set peers is given twice; write --set peers=1,8/],
  ['run --margin 0', /give a number above 0/],
  ['run --rounds 0', /give a whole number from 1 to 10000/],
  ['run --budget abc', /give a time above 0, as in 90s or 3m/],
  ['serve', /missing required argument 'backend'/],
  ['serve nope --port 0', /no backend "nope" to serve p2p; known: direct/],
  ['serve floor --port 0', /no backend "floor" to serve p2p; known: direct/],
  ['serve direct --port 0 --message probe', /--message is for --protocol push, and this is p2p/],
  ['serve direct', /give --port to listen on, or --connect a peer/],
  ['serve direct --connect nope', /"nope" is no address; write IP:PORT/],
  ['peer --profile nope', /no chain profile "nope"; known: large, small/],
  ['peer --profile 10', /a block of 10 bytes is not possible: choose 200 to/],
  ['peer --host nope --profile small', /"nope:0" is no address; write IP:PORT/],
]

for (const [args, expected] of badUsage) {
  test(`bad usage is one line and exit code 2: ${args}`, async () => {
    assertRefused(await sockbench(...args.split(' ')), 2, expected)
  })
}

test('list, doctor and the help of every command print on stdout', async () => {
  const list = await sockbench('list')
  assert.match(list.stdout, /direct .*\n.*virtual-sockman[\s\S]*ibd[\s\S]*slice-blocks/)
  assert.deepEqual([list.code, list.stderr], [0, ''])
  const doctor = await sockbench('doctor')
  assert.match(doctor.stdout, /^ok {4}Node {2}.*\n[\s\S]*cores/)
  assert.deepEqual([doctor.code, doctor.stderr], [0, ''])
  for (const command of ['', 'run', 'report', 'serve', 'peer', 'list', 'doctor']) {
    const { code, stdout, stderr } = await sockbench(...`${command} --help`.trim().split(' '))
    assert.match(stdout, new RegExp(`^Usage: sockbench ?${command}`))
    assert.deepEqual([code, stderr], [0, ''])
  }
})

test('run --json prints the record and nothing else; the same is on disk, and is printed from there', async () => {
  const out = join(directory, 'json')
  const run = await sockbench('run', ...smallPlan, '--json', '--out', out)
  assert.equal(run.code, 0, run.stderr)
  const printed = recordSchema.parse(JSON.parse(run.stdout))
  assert.deepEqual(readRecord(out), printed)
  const [{ processes }] = printed.scenarios
  assert.deepEqual(printed.warnings.filter(isUnfinished), [])
  const arms = processes.map(({ backend, arm }) => `${backend} ${arm}`).sort()
  assert.deepEqual(arms, ['direct A', "direct A'", 'virtual-sockman B'])
  assert.match(run.stderr, /preparing ibd small, 1 peer/)
  assert.match(run.stderr, /round 1\/1 · ibd small, 1 peer/)

  assert.match(readFileSync(join(runIn(out), 'report.html'), 'utf8'), /<\/html>\n$/)

  const report = await sockbench('report', runIn(out))
  assert.match(report.stdout, /ibd: small, 1 peer[\s\S]*virtual-sockman[\s\S]*why believe it/)
  assert.deepEqual([report.code, report.stderr], [0, ''])
})

test('latencies, and what a subject uses at rest, are in the record; subjects that disturb live alone', async () => {
  const out = join(directory, 'push')
  const settings = 'mode=queued,optimistic slices=1 slice-messages=120'.split(' ')
  const plan = ['--scenario', 'push', '--backend', 'direct,virtual-sockman', '--rounds', '1']
  const set = settings.flatMap(setting => ['--set', setting])
  const run = Sockbench.start(['run', ...plan, ...set, '--json', '--out', out])
  let most = 0
  await run.until('an end', () => {
    most = Math.max(most, run.descendants().filter(isSubject).length)
    return run.stdout.endsWith('}\n') ? true : null
  })
  assert.equal((await run.ended).code, 0, run.stderr)
  assert.equal(most, 1)
  const { scenarios, environment } = readRecord(out)
  assert.deepEqual(environment.socketBufferBytes, [262_144])
  assert.deepEqual(
    scenarios.map(({ parameters, processes }) => [parameters.mode, processes.length]),
    [
      ['queued', 3],
      ['optimistic', 3],
    ],
  )
  for (const { outcome } of scenarios.flatMap(({ processes }) => processes)) {
    assert.ok(outcome.state === 'completed' && outcome.latency !== null && outcome.idle !== null)
    assert.equal(
      readMerged([outcome.latency.histogram], ({ count }) => count),
      120,
    )
    const { seconds, threads, counters } = outcome.idle
    assert.ok(seconds > 0.25 && 'b-sv2' in threads)
    // every 50 ms, and none for messages: those were pushed before and after
    assert.ok(counters.messagesSent === 0 && counters.pollTimeouts > 0)
  }
  assert.deepEqual(
    scenarios.map(({ waits }) => waits.map(({ backend }) => backend)),
    [
      ['direct', 'virtual-sockman'],
      ['direct', 'virtual-sockman'],
    ],
  )
})

test('one loop and a loop each are measured in the same round, and each process has its own', async () => {
  const settings = 'profile=small slices=2 slice-blocks=50 requests-per-block=1'.split(' ')
  const set = settings.flatMap(setting => ['--set', setting])
  const plan = ['--scenario', 'mixed', '--backend', 'direct,virtual-sockman', '--rounds', '1']
  const out = join(directory, 'mixed')
  const run = await sockbench('run', ...plan, ...set, '--json', '--out', out)
  assert.equal(run.code, 0, run.stderr)
  const { scenarios, failures } = readRecord(out)
  assert.deepEqual([scenarios.length, failures], [1, []])
  const [{ processes, comparisons }] = scenarios
  const threadsOf = ({ outcome }: (typeof processes)[number]) =>
    outcome.state === 'completed' ? Object.keys(outcome.slices[0].threads) : []
  assert.deepEqual(
    processes.map(one => [one.backend, one.loops, one.arm, threadsOf(one).includes('b-http')]),
    [
      ['direct', 'one', 'A', false],
      ['direct', 'one', "A'", false],
      ['virtual-sockman', 'one', 'B', false],
      ['direct', 'each', 'B', true],
      ['virtual-sockman', 'each', 'B', true],
    ],
  )
  const kinds = comparisons.filter(({ metric }) => metric === 'cpu').map(({ kind }) => kind)
  assert.deepEqual(kinds, ['aa', 'backend', 'loops', 'backend', 'loops'])
})

function isUnfinished(warning: string): boolean {
  return warning.startsWith('unfinished')
}

function isSubject(pid: number): boolean {
  return commandLineOf(pid).includes('subject-process.js')
}

test('a run that used up its budget starts no other round, and --quiet says nothing', async () => {
  const out = join(directory, 'budget')
  const budget = ['--rounds', '50', '--budget', '1ms', '--quiet']
  const run = await sockbench('run', ...smallPlan, ...budget, '--out', out)
  assert.deepEqual([run.code, run.stderr], [0, ''])
  assert.match(run.stdout, /1 round of fresh processes/)
  const { scenarios, warnings } = readRecord(out)
  const rounds = scenarios[0].processes.map(({ round }) => round)
  assert.deepEqual(rounds, [0, 0, 0])
  assert.deepEqual(warnings.filter(isUnfinished), [
    'unfinished: 1 of 50 rounds of ibd (small, 1 peer) ran',
  ])
})

test('records that cannot be kept anywhere are found out before anything is measured', async () => {
  const file = join(directory, 'file')
  writeFileSync(file, '')
  const run = await sockbench('run', ...smallPlan, '--out', file)
  assertRefused(run, 1, /cannot keep records in .*file\/runs: E[A-Z]+: .* another place with --out/)
})

test('when the disk is full in the end, the report is printed all the same', async () => {
  const out = join(directory, 'full')
  // A limit of 4 KiB on the size of files stands in for a full disk.
  const args = ['run', ...smallPlan, '--quiet', '--out', out]
  const run = await Sockbench.startInShell('ulimit -f 8; exec "$@"', args).ended
  assert.match(run.stdout, /ibd: small, 1 peer[\s\S]*record: +not stored/)
  assert.match(run.stderr, /^sockbench: cannot write .*record\.json: EFBIG: .* with --out\n$/)
  assert.equal(run.code, 1)
  assert.deepEqual(readdirSync(join(out, 'runs')), [])
})

test('a stdout that takes nothing, or only a part, is one line and exit code 1', async () => {
  const device = await Sockbench.startInShell('"$@" > /dev/full', ['list']).ended
  assert.match(device.stderr, /^sockbench: cannot write to stdout: ENOSPC; .*\n$/)
  assert.equal(device.code, 1)
  const file = { LISTING: join(directory, 'listing') }
  const part = await Sockbench.startInShell('ulimit -f 1; "$@" > "$LISTING"', ['list'], file).ended
  assert.match(part.stderr, /^sockbench: cannot write to stdout: EFBIG; .*\n$/)
  assert.equal(part.code, 1)
})

test('a reader that has seen enough ends the command without a word', async () => {
  const script = '{ "$@"; echo "exit code $?" >&2; } | true'
  const { stderr } = await Sockbench.startInShell(script, ['list']).ended
  assert.match(stderr, /^exit code [01]\n$/)
})

test('a record that is missing, damaged or of another schema is one line', async () => {
  const path = join(directory, 'record.json')
  assertRefused(
    await sockbench('report', path),
    1,
    /cannot read the record .*: ENOENT.*sockbench run/,
  )
  writeFileSync(path, '{"schemaVersion": 3, "sce')
  assertRefused(await sockbench('report', path), 1, /is not whole JSON.*measure again/)
  writeFileSync(path, '{"schemaVersion": 99}')
  assertRefused(await sockbench('report', path), 1, /has schema version 99, this sockbench reads 3/)
  writeFileSync(path, '{"schemaVersion": 3}')
  assertRefused(await sockbench('report', path), 1, /does not match the record schema/)
})

test('a chain cache that is damaged, or cannot be written, is a line; the chain is built anew', async () => {
  const cache = join(directory, 'damaged-cache')
  const out = join(directory, 'cache-faults')
  const args = ['run', ...smallPlan, '--out', out]
  mkdirSync(cache)
  writeFileSync(join(cache, 'chain-v1-small:4000+small-5016-1.bin'), 'not a chain')
  const damaged = await Sockbench.start(args, { SOCKBENCH_CACHE: cache }).ended
  assert.match(
    damaged.stderr,
    /small, 1 peer: chain cache .* is damaged; building the chain anew\n/,
  )
  assert.equal(damaged.code, 0)
  const file = join(directory, 'no-cache')
  writeFileSync(file, '')
  const unwritable = await Sockbench.start(args, { SOCKBENCH_CACHE: file }).ended
  assert.match(
    unwritable.stderr,
    /chain cache .* cannot be written \(E[A-Z]+\); set SOCKBENCH_CACHE/,
  )
  assert.equal(unwritable.code, 0)
})

function readRecord(out: string): SockbenchRecord {
  return JSON.parse(readFileSync(join(runIn(out), 'record.json'), 'utf8'))
}

/** The directory of the one run there is. */
function runIn(out: string): string {
  const names = readdirSync(join(out, 'runs'))
  assert.equal(names.length, 1)
  return join(out, 'runs', names[0])
}

test('a reference that has no send modes and the floor take part, and end when they are told to', async () => {
  const plan = smallPlan.map(word => (word.startsWith('direct,') ? 'direct,libuv,floor' : word))
  const { code, stdout } = await sockbench(
    'run',
    ...plan,
    '--json',
    '--out',
    join(directory, 'references'),
  )
  assert.deepEqual(JSON.parse(stdout).failures, [])
  assert.equal(code, 0)
})
