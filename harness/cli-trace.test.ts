import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Sockbench } from './fixtures/sockbench.ts'
import type { TraceSummary } from './trace/trace-summary.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-trace-test-'))
process.env.SOCKBENCH_CACHE = join(directory, 'cache')
after(() => {
  Sockbench.killAll()
  rmSync(directory, { recursive: true })
})

function trace(...args: string[]) {
  return Sockbench.start(['trace', '--quiet', '--out', directory, ...args]).ended
}

interface Printed {
  trace: string
  summaries: TraceSummary[]
}

/** Median of a stage of all messages of one subject, in ns. */
function p50Ns({ messages }: TraceSummary, stage: string): number {
  return messages[0].stages.find(one => one.stage === stage)?.p50Ns ?? Number.NaN
}

test('queued pushes wait for send, and optimistic ones do not; the trace is beside the figures', async () => {
  const modes = ['--set', 'mode=queued,optimistic', '--set', 'slice-messages=50']
  const args = ['--scenario', 'push', '--backend', 'direct', ...modes, '--window', '300ms']
  const { code, stdout, stderr } = await trace(...args, '--json')
  assert.deepEqual([code, stderr], [0, ''])
  const { trace: path, summaries } = JSON.parse(stdout) as Printed
  const [queued, optimistic] = summaries
  assert.deepEqual(
    summaries.map(({ parameters }) => parameters.mode),
    ['queued', 'optimistic'],
  )
  assert.deepEqual(
    queued.messages.map(({ message }) => message),
    ['push'],
  )
  assert.ok(queued.messages[0].count > 20)
  // Who has 50 ms to wait, and who sends at once: a factor of thousands.
  assert.ok(p50Ns(queued, 'waiting for send') > 10 * p50Ns(optimistic, 'waiting for send'))
  for (const { messages, cost } of summaries) {
    const total = messages[0].stages.reduce((sum, { share }) => sum + share, 0)
    assert.ok(Math.abs(total - 1) < 1e-9)
    assert.ok(cost.on > 0 && cost.off > 0)
  }
  const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: object[] }
  assert.ok(traceEvents.length > 100)
  assert.deepEqual(JSON.parse(readFileSync(join(path, '..', 'stages.json'), 'utf8')), summaries)
  assert.ok(!existsSync(join(directory, 'runs')), 'no record: instrumented figures are no result')
})

test('a download is followed from recv to the request for more; people get a table and a sentence', async () => {
  const settings = ['profile=small', 'slices=8', 'slice-blocks=50'].flatMap(set => ['--set', set])
  const args = ['--scenario', 'ibd', '--backend', 'virtual-sockman', ...settings]
  const { code, stdout, stderr } = await trace(...args, '--window', '1s')
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^backend +message +stage +count +mean +p50 +p99 +share$/m)
  assert.match(stdout, /^virtual-sockman +block → getdata +waiting for the handler +\d+ /m)
  assert.match(stdout, /^virtual-sockman: of the .* of a block → getdata, .* is /m)
  assert.match(stdout, /^ibd: small, 1 peer +virtual-sockman +4 .* ×$/m)
  assert.match(stdout, /trace\.json: open it in https:\/\/ui\.perfetto\.dev/)
})

const bad = [
  [['--scenario', 'nonsense'], /no scenario "nonsense"; known: ibd/],
  [['--scenario', 'dispatch'], /dispatch has no sockets whose messages could be followed/],
  [['--scenario', 'push', '--backend', 'nonsense'], /no backend "nonsense"; known: direct/],
  [['--scenario', 'push', '--backend', 'libuv'], /libuv has none of the tracepoints/],
  [['--scenario', 'ibd', '--backend', 'direct,floor'], /floor has none of the tracepoints/],
  [['--scenario', 'push', '--window', '0s'], /give a time above 0/],
  [['--scenario', 'push', '--window', '2m'], /--window is 60s at most/],
  [['--scenario', 'push', '--set', 'mode=x'], /mode/],
  [[], /required option '--scenario/],
] as const

for (const [args, message] of bad) {
  test(`trace ${args.join(' ')}: one line, exit code 2, and nothing is written`, async () => {
    const { code, stdout, stderr } = await Sockbench.start([
      'trace',
      '--out',
      join(directory, 'bad'),
      ...args,
    ]).ended
    assert.match(stderr, message)
    assert.equal(stderr.trim().split('\n').length, 1)
    assert.deepEqual([code, stdout], [2, ''])
    assert.ok(!existsSync(join(directory, 'bad')))
  })
}

test('where no trace can be kept, that is said before anything is measured', async () => {
  const file = join(directory, 'file')
  writeFileSync(file, '')
  const args = ['--scenario', 'push', '--backend', 'direct', '--out', file]
  const { code, stderr } = await Sockbench.start(['trace', '--quiet', ...args]).ended
  assert.match(stderr, /^sockbench: cannot keep traces in .*: ENOTDIR; choose another place/)
  assert.equal(code, 1)
})

test('Ctrl-C ends a trace with 130 and leaves none behind', async () => {
  const out = join(directory, 'interrupted')
  const args = ['--scenario', 'push', '--backend', 'direct', '--window', '50s', '--out', out]
  const tracing = Sockbench.start(['trace', ...args])
  await tracing.stderrMatching(/tracing push/)
  tracing.interrupt()
  assert.equal((await tracing.ended).code, 130)
  assert.deepEqual(readdirSync(join(out, 'traces')), [])
})

test('a module of one’s own, loaded into every thread, hears of every message', async () => {
  const example = fileURLToPath(new URL('../../docs/examples/log-p2p-traffic.mjs', import.meta.url))
  const peer = Sockbench.start(['peer', '--port', '0', '--profile', 'small', '--blocks', '100'])
  const [, address] = await peer.stdoutMatching(/^listening on (\S+), 100 blocks/m)
  const args = ['serve', 'direct', '--connect', address, '--stop-at-height', '100']
  const { stderr } = await Sockbench.start(args, { NODE_OPTIONS: `--import=${example}` }).ended
  peer.interrupt()
  const lines = stderr.trim().split('\n')
  assert.match(lines[0], /^outbound 'version' to peer 0: \d+ bytes$/)
  for (const name of ['version', 'verack', 'headers']) {
    const heard = lines.filter(line => line.startsWith(`inbound '${name}' from peer 0: `))
    assert.equal(heard.length, name === 'headers' ? heard.length : 1, name)
    assert.ok(heard.length >= 1, name)
  }
  await peer.ended
})
