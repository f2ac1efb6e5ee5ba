import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { Sockbench } from './fixtures/sockbench.ts'
import type { ProfileResult } from './profile/profile-result.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-profile-cli-'))
const out = join(directory, 'results')
process.env.SOCKBENCH_CACHE = join(directory, 'cache')
after(() => {
  Sockbench.killAll()
  rmSync(directory, { recursive: true })
})

const tiny = ['--set', 'profile=small', '--set', 'slices=20', '--set', 'slice-blocks=500']

function profile(...args: string[]) {
  return Sockbench.start(['profile', ...args, '--out', out], { TMPDIR: directory }).ended
}

test('two rounds of two backends: threads, names, files, and no process that is left', async () => {
  const running = Sockbench.start(
    ['profile', ...tiny, '--rounds', '2', '--seed', '7', '--out', out, '--quiet'],
    { TMPDIR: directory },
  )
  const { code, stdout, stderr } = await running.ended
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /shares and differences, no timings/)
  assert.match(stdout, /too few rounds for an interval/)
  const page = stdout.trimEnd().split('\n').at(-1) ?? ''
  const kept = dirname(page)
  const result = JSON.parse(readFileSync(join(kept, 'profile.json'), 'utf8')) as ProfileResult
  assert.deepEqual(
    result.threads.map(({ thread }) => thread),
    ['b-net', 'b-msghand'],
  )
  const functions = result.threads.map(({ functions: of }) => of.map(({ name }) => name))
  assert.ok(functions[0].includes('iterateSocketLoop'), functions[0].join())
  assert.ok(functions[0].includes('SockMan.socketHandlerConnected'))
  assert.ok(functions[0].includes('poll(2)'))
  assert.ok(functions[1].includes('PeerManager.processMessage'), functions[1].join())
  assert.ok(functions[1].includes('send(2)'))
  for (const { thread, costNs, functions: of } of result.threads) {
    for (const [program, cost] of costNs.entries()) {
      const sum = of
        .filter(({ name }) => !name.startsWith('in the kernel'))
        .reduce((total, { selfNs }) => total + selfNs[program], 0)
      assert.ok(Math.abs(sum / cost - 1) < 1e-9, `${thread}: ${sum} of ${cost}`)
    }
  }
  assert.deepEqual([result.seed, result.rounds, result.comparison?.significant], [7, 2, 0])
  assert.deepEqual(readdirSync(join(kept, 'raw')), ['direct', 'virtual-sockman'])
  assert.deepEqual(readdirSync(join(kept, 'raw', 'direct', 'round-02')), [
    'b-msghand.cpuprofile',
    'b-net.cpuprofile',
  ])
  assert.match(
    readFileSync(join(kept, 'folded', 'direct', 'b-net.folded'), 'utf8'),
    /poll\(2\) \d+\n/,
  )
  assert.match(readFileSync(page, 'utf8'), /<button type="button" role="tab"[^>]*>b-msghand</)
  assert.deepEqual(running.processes(), [])
  assert.ok(!existsSync(join(out, 'runs')))
  const report = await Sockbench.start(['report', kept]).ended
  assert.equal(report.code, 1)
  assert.match(report.stderr, /^sockbench: cannot read the record .*\n$/)
})

test('what cannot be profiled is told in one line, before anything is measured', async () => {
  const cases: [string[], RegExp][] = [
    [['--scenario', 'dispatch'], /dispatch runs inside of this sockbench/],
    [['--backend', 'direct,libuv,virtual-sockman'], /3 backends: profile one, or compare two/],
    [['--backend', 'direct,direct'], /name each backend once/],
    [['--backend', 'nobody'], /no backend "nobody"/],
    [['--base', 'HEAD', '--backend', 'direct,libuv'], /name one with --backend/],
    [['--head', 'HEAD'], /--head is compared with --base/],
    [['--set', 'peers=1,2'], /one workload is profiled, and these are 4/],
    [['--interval', '5'], /from 100 to 100000/],
    [['somewhere'], /what is somewhere to be compared with/],
  ]
  for (const [args, line] of cases) {
    const { code, stdout, stderr } = await profile(...args)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, line)
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
  }
})

test('a revision that knows no profiler is one clear failure, and nothing is kept', async () => {
  const old = join(directory, 'old')
  mkdirSync(join(old, 'dist', 'harness'), { recursive: true })
  writeFileSync(join(old, 'package.json'), '{"version":"0.0.1","type":"module"}')
  const real = new URL('./subject-process.js', import.meta.url).href
  writeFileSync(
    join(old, 'dist', 'harness', 'subject-process.js'),
    `const on = process.on.bind(process)
process.on = (event, listener) =>
  on(event, event === 'message' ? request => request.kind.startsWith('profile') || listener(request) : listener)
await import(${JSON.stringify(real)})`,
  )
  const { code, stderr } = await profile(
    old,
    old,
    '--backend',
    'direct',
    ...tiny,
    '--rounds',
    '1',
    '--quiet',
  )
  assert.equal(code, 1, stderr)
  assert.match(
    stderr,
    /^sockbench: direct, (base|head) could not be profiled: run: no answer within 5000 ms; a revision from before/,
  )
  assert.deepEqual(
    readdirSync(join(out, 'profiles')).filter(name => name.startsWith('.')),
    [],
  )
})
