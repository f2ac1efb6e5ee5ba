import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Sockbench } from './fixtures/sockbench.ts'
import { untilGone } from './fixtures/until-gone.ts'
import type { ProcessSample, SockbenchRecord } from './record.ts'
import { latestRecord, loadRecord, saveRecord } from './record-store.ts'
import { syntheticRecord } from './report/fixtures/synthetic-record.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-misbehaving-'))
process.env.SOCKBENCH_CACHE = join(directory, 'cache')
after(() => {
  Sockbench.killAll()
  rmSync(directory, { recursive: true })
})

const settings = {
  http: ['request=rpc', 'slices=2', 'slice-requests=50'],
  // The one with the shortest warm-up.
  'outbound-http': ['mode=optimistic', 'keep-alive=yes', 'slices=2', 'slice-requests=20'],
}

/** One round of a right subject, twice, and one that misbehaves. */
function comparing(scenario: keyof typeof settings, misbehaviour: string): string[] {
  const right = command('./subject-process.js')
  const wrong = `${command('./fixtures/misbehaving-subject.js')} '${misbehaviour}'`
  const what = ['--scenario', scenario, ...settings[scenario].flatMap(one => ['--set', one])]
  const subjects = ['--base-command', right, '--head-command', wrong, '--backend', 'direct']
  return ['compare', ...subjects, ...what, '--rounds', '1']
}

function command(module: string): string {
  return `'${process.execPath}' '${fileURLToPath(new URL(module, import.meta.url))}'`
}

function outOf(name: string): string {
  return join(directory, name.replaceAll(' ', '-'))
}

const misbehaviours: [string, keyof typeof settings, stage: string, reason: RegExp][] = [
  ['answers 500', 'http', 'run', /^reply 11: status 500 instead of 200$/],
  ['resets every connection', 'http', 'run', /^reply 11: read ECONNRESET; 0 of 39 bytes /],
  ['answers with another body', 'http', 'run', /^reply 11: body differs at byte 0$/],
  ['answers 200 and no more', 'http', 'run', /^reply 11: length 0 instead of 39$/],
  ['never answers', 'http', 'run', /^10 of 50 requests answered, then nothing for 10000 ms$/],
  ['listens nowhere', 'http', 'handshake', /^serves HTTP nowhere$/],
  ['exits with 0 at once', 'outbound-http', 'start', /^exit code 0$/],
  ['exits with 0 after its slices', 'outbound-http', 'run', /^exit code 0$/],
  ['exits with 139', 'outbound-http', 'run', /^exit code 139$/],
  ['reads where no memory is', 'outbound-http', 'run', /^killed by SIGSEGV$/],
  ['ignores stop', 'outbound-http', 'stop', /^killed by SIGKILL$/],
  ['floods stderr', 'outbound-http', 'run', /^exit code 7: x{300}$/],
  ['fails at length', 'outbound-http', 'run', /^(\\x1b\[31m1\.02\\x0a){20,}/],
  [
    'has a child',
    'outbound-http',
    'run',
    /^its work is in a child process: use exec, or name the program/,
  ],
  [
    'has a child for a while',
    'outbound-http',
    'run',
    /^its work is in a child process: use exec, or name the program/,
  ],
  ['counts below 0', 'outbound-http', 'run', /^it said \{.*"turns":-1\}\}, which is no answer/],
  ['counts to NaN', 'outbound-http', 'run', /^it said ".*NaN\}\}", which is no answer/],
  [
    'counts to infinity',
    'outbound-http',
    'run',
    /^it said \{.*"turns":null\}\}, which is no answer/,
  ],
]

for (const [misbehaviour, scenario, stage, reason] of misbehaviours) {
  test(`a subject that ${misbehaviour} has no figure; the others do`, async () => {
    const out = outOf(misbehaviour)
    const sockbench = Sockbench.start([...comparing(scenario, misbehaviour), '--out', out])
    const { code, stdout, stderr } = await sockbench.ended
    const left = sockbench.processes()
    assert.match(stderr, /\nsockbench: 1 subject\(s\) did not finish; see above\n$/)
    assert.equal(code, 1)
    const record = loadRecord(latestRecord(out))
    assert.deepEqual(
      record.failures.map(failure => [failure.revision, failure.stage]),
      [['head', stage]],
    )
    const [{ reason: why }] = record.failures
    assert.match(why, reason)
    assert.ok(why.length < 2_000 && !/\p{Cc}/u.test(why))
    assert.ok(stdout.includes(`, ${stage}: ${why}\n`), stdout)
    assert.ok(stderr.includes(`failed in ${stage}: ${why}\n`), stderr)
    assertFiguresOfBaseAlone(record)
    assert.match(stdout, /^direct, head( +—)+ +did not finish$/m)
    assert.doesNotMatch(stdout, /head needs/)
    assert.ok(await untilGone(left))
  })
}

function assertFiguresOfBaseAlone({ scenarios: [result] }: SockbenchRecord): void {
  const { processes, estimates, comparisons, waits, driverBound } = result
  const completed = processes.filter(({ outcome }) => outcome.state === 'completed')
  assert.deepEqual(completed.map(nameOf), ['base A', "base A'"])
  const cpu = estimates.filter(({ metric }) => metric === 'cpu')
  assert.deepEqual(cpu.map(nameOf), ['base A', "base A'"])
  const ofHead = [...estimates, ...comparisons, ...waits, ...driverBound].filter(
    ({ revision }) => revision !== 'base',
  )
  assert.deepEqual(ofHead, [])
}

function nameOf({ revision, arm }: Pick<ProcessSample, 'revision' | 'arm'>): string {
  return `${revision} ${arm}`
}

test('what a subject says of its CPU time is no CPU time: that is read from outside', async () => {
  const out = outOf('claims')
  const claiming = comparing('outbound-http', 'claims a year of CPU')
  const { code, stderr } = await Sockbench.start([...claiming, '--out', out]).ended
  assert.equal(code, 0, stderr)
  const { scenarios, durationMs, environment } = loadRecord(latestRecord(out))
  const head = scenarios[0].processes.find(({ revision }) => revision === 'head')
  assert.ok(head?.outcome.state === 'completed')
  const { slices, counters } = head.outcome
  assert.ok(counters.cpuNs >= 3e16)
  const cpuNs = slices.flatMap(({ threads }) => Object.values(threads).map(one => one.cpuNs))
  const sumNs = cpuNs.reduce((sum, ns) => sum + ns, 0)
  assert.ok(sumNs > 0 && sumNs < durationMs * 1e6 * environment.cpus.length)
})

test('a record larger than a file may be is not stored, and the old one stays whole', async () => {
  const out = outOf('no large files')
  const old = saveRecord(join(out, 'runs', 'old'), syntheticRecord())
  const before = readFileSync(old)
  const sockbench = Sockbench.startInShell('ulimit -f 16 && exec "$@"', [
    ...comparing('outbound-http', 'claims a year of CPU'),
    '--out',
    out,
  ])
  const { code, stdout, stderr } = await sockbench.ended
  assert.match(stderr, /\nsockbench: cannot write .*record\.json: EFBIG: .* with --out\n$/)
  assert.match(stdout, /\nrecord: +not stored\n/)
  assert.equal(code, 1)
  assert.deepEqual(readdirSync(join(out, 'runs')), ['old'])
  assert.deepEqual(readFileSync(old), before)
  assert.ok(await untilGone(sockbench.processes()))
})

const withOwnMounts = 'unshare --map-root-user --mount sh -c'
const canMount = `${withOwnMounts} 'mount -t tmpfs none /tmp'`

test('a disk that a subject filled takes no record, and keeps the old one whole', {
  skip:
    spawnSync('sh', ['-c', canMount]).status === 0 ? false : 'no file system can be mounted here',
}, async () => {
  const [old, disk, kept] = ['old', 'disk', 'kept'].map(name => join(directory, name))
  for (const place of [disk, kept]) mkdirSync(place)
  const before = readFileSync(saveRecord(join(old, 'runs', 'old'), syntheticRecord()))
  const onDisk = `mount -t tmpfs -o size=4m none "$DISK" && cd "$DISK" && cp -r "$OLD" results
    "$@" || code=$?
    cp -r results/. "$KEPT"
    exit $code`
  const sockbench = Sockbench.startInShell(
    `exec ${withOwnMounts} '${onDisk}' sh "$@"`,
    comparing('outbound-http', 'fills the disk'),
    { OLD: old, DISK: disk, KEPT: kept },
  )
  const { code, stdout, stderr } = await sockbench.ended
  assert.match(
    stderr,
    /\nsockbench: cannot write results\/.*record\.json: ENOSPC: .* with --out\n$/,
  )
  assert.match(stdout, /\nrecord: +not stored\n/)
  assert.equal(code, 1)
  assert.deepEqual(readdirSync(join(kept, 'runs')), ['old'])
  assert.deepEqual(readFileSync(join(kept, 'runs', 'old', 'record.json')), before)
  assert.ok(await untilGone(sockbench.processes()))
})
