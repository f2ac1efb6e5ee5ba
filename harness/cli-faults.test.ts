import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { socketThreads } from '../implementations/backend.ts'
import { Sockbench, threadCpuNs } from './fixtures/sockbench.ts'
import { isAlive, untilGone } from './fixtures/until-gone.ts'
import { latestRecord, loadRecord } from './record-store.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-faults-'))
const cache = join(directory, 'cache')
process.env.SOCKBENCH_CACHE = cache
after(() => {
  Sockbench.killAll()
  rmSync(directory, { recursive: true })
})

const ibd = ['--scenario', 'ibd']
const backends = ['--backend', 'direct,virtual-sockman']
const SUBJECTS = 3
const onePeer = ['--set', 'peers=1']
const shortRounds = [...onePeer, '--set', 'profile=small', '--set', 'slices=2']
/** 60 MB or so before the first slice, then 1 GB. */
const longRound = ['--rounds', '1', ...onePeer, '--set', 'profile=10000', '--set', 'slices=100']
/**
 * Starting and warming up take the socket thread some 0.2 s, twice that on a busy machine, and a long
 * round's slices 1.2 s and more.
 */
const WELL_INTO_A_ROUND_NS = 500e6
/** A minute to build. */
const longPreparation = [...onePeer, '--set', 'profile=large,900000', '--set', 'slices=2000']

let runs = 0
function startRun(...options: string[]) {
  const out = join(directory, `out-${runs++}`)
  const sockbench = Sockbench.start(['run', ...ibd, ...backends, ...options, '--out', out])
  return { sockbench, out }
}

/** A subject that is in a slice, or between two. */
async function measuredSubject(sockbench: Sockbench): Promise<number> {
  await sockbench.childrenRunning('subject-process.js', SUBJECTS)
  return sockbench.until('subject that is measured', () => {
    const pids = sockbench.descendants()
    return pids.find(pid => threadCpuNs(pid, socketThreads.p2p) > WELL_INTO_A_ROUND_NS) ?? null
  })
}

/** Nothing in the cache and the output but what is whole. */
function assertNothingUnfinished(out: string): void {
  for (const place of [cache, out].filter(existsSync)) {
    const files = readdirSync(place, { recursive: true, encoding: 'utf8' })
    assert.deepEqual(
      files.filter(name => /tmp/.test(name)),
      [],
    )
  }
}

test('a subject killed in mid-slice did not finish: the others are kept, and no ratio is given', async () => {
  const { sockbench, out } = startRun(...longRound)
  process.kill(await measuredSubject(sockbench), 'SIGKILL')
  const { code, stdout, stderr } = await sockbench.ended
  assert.equal(code, 1)
  assert.match(stdout, /Did not finish\n.* run: killed by SIGKILL/)
  assert.match(stderr, /failed in run: killed by SIGKILL\n/)
  assert.match(stderr, /sockbench: 1 subject\(s\) did not finish; see above\n$/)
  const { failures, scenarios } = loadRecord(latestRecord(out))
  const [{ stage, reason, backend, arm }] = failures
  assert.deepEqual([failures.length, stage, reason], [1, 'run', 'killed by SIGKILL'])
  const [{ processes, comparisons, estimates }] = scenarios
  const finished = processes.filter(({ outcome }) => outcome.state === 'completed')
  assert.equal(finished.length, 2)
  assert.ok(finished.every(one => estimates.some(e => e.backend === one.backend)))
  assert.ok(estimates.every(e => e.backend !== backend || e.arm !== arm))
  const ofTheKilled = comparisons.filter(one => one.backend === backend)
  assert.deepEqual(ofTheKilled, [])
})

test('a killed driver ends its workload: every subject failed, and nobody waits for it', async () => {
  const { sockbench, out } = startRun(...longRound, '--rounds', '5')
  await measuredSubject(sockbench)
  const [driver] = await sockbench.childrenRunning('driver.js', 1)
  const children = sockbench.descendants()
  process.kill(driver, 'SIGKILL')
  const { code, stderr } = await sockbench.ended
  assert.equal(code, 1)
  assert.match(stderr, /3 subject\(s\) did not finish; see above\n$/)
  const { failures } = loadRecord(latestRecord(out))
  assert.equal(failures.length, SUBJECTS)
  // Who was still connecting found nobody there.
  for (const { round, reason } of failures) {
    assert.match(
      `${round} ${reason}`,
      /^0 (the driver: killed by SIGKILL|connect-failed 127\.0\.0\.1:)/,
    )
  }
  assert.ok(await untilGone(children))
})

test('a driver killed while it prepares fails its workload alone; Ctrl-C in the next keeps that', async () => {
  const { sockbench, out } = startRun(...longPreparation)
  const [driver] = await sockbench.childrenRunning('driver.js', 1)
  await sockbench.stderrMatching(/preparing ibd large/)
  process.kill(driver, 'SIGKILL')
  await sockbench.stderrMatching(/preparing ibd 900000/)
  sockbench.interrupt()
  const { code, stdout, stderr } = await sockbench.ended
  const failure =
    /direct A failed in start: large, 1 peer cannot be prepared: the driver: killed by SIGKILL\n/
  assert.match(stderr, failure)
  assert.match(stdout, /Did not finish/)
  assert.match(stderr, /interrupted; what was finished is in/)
  assert.equal(code, 130)
  const { failures, warnings } = loadRecord(latestRecord(out))
  assert.equal(failures.length, SUBJECTS)
  assert.ok(warnings.includes('unfinished: 1 of 2 workloads were measured'))
})

test('Ctrl-C while a chain is built: exit code 130, and nothing is left', async () => {
  const { sockbench, out } = startRun(...longPreparation)
  await sockbench.stderrMatching(/preparing ibd large, 1 peer .* left\n/)
  await interruptAndCheck(
    sockbench,
    out,
    /interrupted before a round was finished; nothing is stored/,
  )
})

test('Ctrl-C while the subjects of the first round start: exit code 130, nothing is stored', async () => {
  const { sockbench, out } = startRun('--rounds', '5', ...shortRounds)
  await sockbench.childrenRunning('subject-process.js', 1)
  await interruptAndCheck(
    sockbench,
    out,
    /interrupted before a round was finished; nothing is stored/,
  )
  assert.deepEqual(readdirSync(join(out, 'runs')), [])
})

test('Ctrl-C in mid-slice of a later round: exit code 130, the finished rounds are stored and printed', async () => {
  const { sockbench, out } = startRun('--rounds', '50', ...shortRounds)
  await sockbench.stderrMatching(/round 2\/50/)
  await interruptAndCheck(sockbench, out, /interrupted; what was finished is in .*record\.json/)
  assert.match(sockbench.stdout, /ibd: small, 1 peer/)
  const { scenarios, failures, warnings } = loadRecord(latestRecord(out))
  assert.match(warnings.at(-1) ?? '', /^unfinished: \d of 50 rounds of ibd \(small, 1 peer\) ran$/)
  const states = scenarios[0].processes.map(({ outcome }) => outcome.state)
  assert.ok(states.length > 0 && states.length % SUBJECTS === 0)
  assert.ok(states.every(state => state === 'completed'))
  assert.deepEqual(failures, [])
})

test('a second Ctrl-C does not wait for a subject that does not stop, and nothing is left either', async () => {
  const { sockbench, out } = startRun(...longRound)
  process.kill(await measuredSubject(sockbench), 'SIGSTOP')
  const children = sockbench.descendants()
  sockbench.interrupt()
  // Later than the echo of the first, sooner than the orderly stop gives up on the subject.
  await sleep(400)
  sockbench.interrupt()
  const { code, stderr } = await sockbench.ended
  assert.doesNotMatch(stderr, /interrupted/)
  assert.equal(code, 130)
  assert.ok(await untilGone(children))
  assertNothingUnfinished(out)
})

test('a bug in the harness while subjects run ends it with 1, and takes its children along', async () => {
  // What a subject with 7 connections is told is made with Array.from({ length: 7 }, …).
  const bug = `const from = Array.from
    Array.from = (items, ...rest) => {
      if (items.length === 7 && Object.keys(items).length === 1) throw new Error('a bug')
      return from.call(Array, items, ...rest)
    }`
  const args = ['run', ...ibd, ...backends, ...shortRounds.slice(2), '--set', 'peers=7']
  const sockbench = Sockbench.start([...args, '--out', join(directory, 'bug')], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}`,
  })
  const [driver] = await sockbench.childrenRunning('driver.js', 1)
  const { code, stdout, stderr } = await sockbench.ended
  assert.match(stderr, /Error: a bug\n {4}at /)
  assert.deepEqual([code, stdout], [1, ''])
  assert.ok(await untilGone([driver]))
})

test('SIGKILL of the harness takes its children along', async () => {
  const { sockbench, out } = startRun(...longRound)
  await measuredSubject(sockbench)
  const children = sockbench.descendants()
  assert.equal(children.length, SUBJECTS + 1)
  process.kill(sockbench.pid, 'SIGKILL')
  const { signal } = await sockbench.ended
  assert.equal(signal, 'SIGKILL')
  assert.ok(await untilGone(children))
  assertNothingUnfinished(out)
})

test('SIGKILL of the harness while its driver builds a chain: the driver goes, and no part of a chain stays', async () => {
  const { sockbench, out } = startRun(...longPreparation)
  await sockbench.stderrMatching(/preparing ibd large, 1 peer .* left\n/)
  await killAndCheck(sockbench, out)
})

test('a subject whose harness dies before it has read what it is to start goes', async () => {
  const { sockbench, out } = startRun(...longRound)
  const starting = await sockbench.childrenRunning('subject-process.js', 1)
  for (const pid of starting) process.kill(pid, 'SIGSTOP')
  await killAndCheck(sockbench, out, starting)
})

test('a subject whose harness dies after it was told to stop goes', async () => {
  const { sockbench, out } = startRun(...longRound)
  const subject = await measuredSubject(sockbench)
  const others = sockbench.descendants().filter(pid => pid !== subject)
  process.kill(subject, 'SIGSTOP')
  sockbench.interrupt()
  // All are told to stop in the same turn; those that are idle do at once.
  await sockbench.until('child that stops', () => others.some(pid => !isAlive(pid)) || null)
  assert.ok(isAlive(sockbench.pid) && isAlive(subject))
  await killAndCheck(sockbench, out, [subject])
})

/** @param halted those of its children that are, and go on when it is dead */
async function killAndCheck(
  sockbench: Sockbench,
  out: string,
  halted: readonly number[] = [],
): Promise<void> {
  const processes = sockbench.processes()
  assert.ok(processes.length > 1)
  process.kill(sockbench.pid, 'SIGKILL')
  assert.equal((await sockbench.ended).signal, 'SIGKILL')
  for (const pid of halted) process.kill(pid, 'SIGCONT')
  assert.ok(await untilGone(processes))
  assertNothingUnfinished(out)
}

async function interruptAndCheck(sockbench: Sockbench, out: string, says: RegExp): Promise<void> {
  const children = sockbench.descendants()
  assert.ok(children.length > 0)
  sockbench.interrupt()
  const { code, stderr } = await sockbench.ended
  assert.match(stderr, says)
  assert.doesNotMatch(stderr, /failed in/)
  assert.equal(code, 130)
  assert.ok(await untilGone(children))
  assertNothingUnfinished(out)
}
