import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ibd } from '../scenarios/ibd/index.ts'
import { push } from '../scenarios/push/index.ts'
import { Driver } from './driver.ts'
import { commandLineOf, descendantsOf } from './fixtures/sockbench.ts'
import { isAlive, untilGone } from './fixtures/until-gone.ts'
import { MeasuredSubject } from './measured-subject.ts'
import type { Outcome } from './record.ts'
import { type SubjectProcess, subjectProcess, thisRevision } from './revision.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-subject-'))
process.env.SOCKBENCH_CACHE = directory
const settings = { profile: 'small', peers: '2', slices: '2', 'slice-blocks': '100' }
const [workload] = ibd.workloads(new Map(Object.entries(settings)))
const observer = { preparing: () => {}, warning: assert.fail }
const hanging = {
  module: new URL('./fixtures/hanging-subject.js', import.meta.url),
  startTimeoutMs: 60_000,
}
const crashing = {
  module: new URL('./fixtures/crashing-subject.js', import.meta.url),
  startTimeoutMs: 60_000,
}
const forgetful = {
  module: new URL('./fixtures/misbehaving-subject.js', import.meta.url),
  args: ['counts down'],
  startTimeoutMs: 60_000,
}

let driver: Driver
const endOfTest = new AbortController()
before(async () => {
  driver = await startDriver()
})
after(async () => {
  endOfTest.abort()
  const children = descendantsOf(process.pid)
  const gone = await untilGone(children)
  for (const pid of children) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  rmSync(directory, { recursive: true })
  assert.ok(gone)
})

async function startDriver(): Promise<Driver> {
  const started = await Driver.start(ibd.driver, workload, null, endOfTest.signal, observer)
  assert.ok(started instanceof Driver)
  return started
}

const reference = { backend: 'direct', loops: 'one', arm: 'A' } as const
let subjects = 0
function subjectOf(process: SubjectProcess, itsDriver = driver): MeasuredSubject {
  const revision = { ...thisRevision, process }
  const spec = { name: `subject ${subjects++}`, ...reference, revision }
  return new MeasuredSubject(spec, itsDriver, workload)
}

async function started(itsDriver = driver): Promise<MeasuredSubject> {
  const subject = subjectOf(subjectProcess, itsDriver)
  await subject.start(null)
  assert.ok(subject.working)
  return subject
}

/** The pid of the one process that runs this module. */
async function pidOf({ module }: { module: URL }): Promise<number> {
  for (;;) {
    const found = descendantsOf(process.pid).find(pid =>
      commandLineOf(pid).includes(module.pathname),
    )
    if (found !== undefined) return found
    await sleep(5)
  }
}

async function stopped(subject: MeasuredSubject): Promise<Outcome> {
  await subject.stop()
  return subject.sample(0).outcome
}

test('a subject works through its slices, and counts during others that follow', async () => {
  const subject = await started()
  await subject.warmUp(100)
  await subject.measureSlice(0, 0)
  await subject.measureSlice(1, 0)
  await subject.count()
  const outcome = await stopped(subject)
  assert.equal(outcome.state, 'completed')
  assert.deepEqual(
    outcome.slices.map(({ group, messages }) => [group, messages]),
    [
      [0, 100],
      [1, 100],
    ],
  )
  assert.equal(outcome.countedUnits.messages, 200)
  // and the pings that close the slices; 100 more were received before
  const { messagesReceived } = outcome.counters
  assert.ok(messagesReceived >= 200 && messagesReceived < 300)
})

/** The fixture of a subject that is no module of this project. */
function lineSubject(answer?: string): SubjectProcess {
  return { command: lineCommand(answer), startTimeoutMs: 60_000 }
}

function lineCommand(answer = ''): string {
  const fixture = fileURLToPath(new URL('./fixtures/line-subject.js', import.meta.url))
  const program = `'${process.execPath}' '${fixture}' ${answer}`
  return `env -u NODE_CHANNEL_FD CHANNEL_FD=3 ${program}`
}

test('a command that speaks lines of JSON is a subject like any other', async () => {
  const subject = subjectOf(lineSubject())
  await subject.start(null)
  await subject.measureSlice(0, 0)
  await subject.count()
  const outcome = await stopped(subject)
  assert.equal(outcome.state, 'completed', JSON.stringify(outcome))
  const [{ messages, threads }] = outcome.slices
  assert.equal(messages, 100)
  assert.ok(threads['b-net'].cpuNs > 0)
  assert.equal(outcome.countedUnits.messages, 200)
})

test('a command that answers what is no answer failed in start, with what it said', async () => {
  const answers = [
    ['\'{"kind":"ready"}\'', '{"kind":"ready"}'],
    ['ready', '"ready"'],
    ['\'{"kind":"started"}\'', '{"kind":"started"}'],
  ]
  for (const [answer, said] of answers) {
    const subject = subjectOf(lineSubject(answer))
    await subject.start(null)
    const reason = `it said ${said}, which is no answer in the protocol of subjects`
    assert.deepEqual(await stopped(subject), { state: 'failed', stage: 'start', reason })
  }
})

test('a command whose child does the work failed in start: nobody would see its CPU time', async () => {
  const command = `sh -c "${lineCommand()}; true"`
  const subject = subjectOf({ command, startTimeoutMs: 60_000 })
  await subject.start(null)
  const reason = 'its work is in a child process: use exec, or name the program itself'
  assert.deepEqual(await stopped(subject), { state: 'failed', stage: 'start', reason })
})

test('a subject whose counters go down failed in run', async () => {
  const subject = subjectOf(forgetful)
  await subject.start(null)
  await subject.measureSlice(0, 0)
  await subject.count()
  const reason = 'its counter turns went down'
  assert.deepEqual(await stopped(subject), { state: 'failed', stage: 'run', reason })
})

test('a subject that never sleeps at rest used no more CPU than there was time', async () => {
  const settings = { mode: 'pollout', slices: '1', 'slice-messages': '10' }
  const [pollout] = push.workloads(new Map(Object.entries(settings)))
  const spinning = { ...pollout, idleMs: 30 }
  const ownDriver = await Driver.start(push.driver, spinning, null, endOfTest.signal, observer)
  assert.ok(ownDriver instanceof Driver)
  const spec = { name: 'spinning', ...reference, revision: thisRevision }
  const subject = new MeasuredSubject(spec, ownDriver, spinning)
  await subject.start(null)
  await subject.rest()
  await subject.measureSlice(0, 0)
  const outcome = await stopped(subject)
  await ownDriver.stop()
  assert.ok(outcome.state === 'completed' && outcome.idle !== null, JSON.stringify(outcome))
  const { seconds, threads } = outcome.idle
  // the kernel brings the time of a thread that runs up to date every 10 ms or more often
  assert.ok(threads['b-sv2'].cpuNs <= seconds * 1e9 + 10e6)
})

test('a subject that does not start in time failed in start, and is stopped', async () => {
  const subject = subjectOf({ ...hanging, startTimeoutMs: 50 })
  await subject.start(null)
  assert.ok(!subject.working)
  const reason = 'no answer within 50 ms'
  assert.deepEqual(await stopped(subject), { state: 'failed', stage: 'start', reason })
})

test('a subject that crashes at once failed in start, with its last words', async () => {
  const subject = subjectOf(crashing)
  await subject.start(null)
  const reason = 'exit code 1: Error: out of sockets'
  assert.deepEqual(await stopped(subject), { state: 'failed', stage: 'start', reason })
})

test('a start is interrupted at once', async () => {
  const subject = subjectOf(hanging)
  const starting = subject.start(null)
  const pid = await pidOf(hanging)
  subject.interrupt()
  await starting
  assert.ok(await untilGone([pid]))
  const expected = { state: 'failed', stage: 'start', reason: 'interrupted' }
  assert.deepEqual(await stopped(subject), expected)
})

test('a subject that was killed failed in run; what was measured before is not used', async () => {
  const subject = await started()
  await subject.measureSlice(0, 0)
  const slice = subject.measureSlice(1, 0)
  process.kill(await pidOf(subjectProcess), 'SIGKILL')
  await slice
  await subject.measureSlice(2, 0)
  const reason = 'killed by SIGKILL'
  assert.deepEqual(await stopped(subject), { state: 'failed', stage: 'run', reason })
})

test('when the driver is gone a subject failed for that, whatever is asked next', async () => {
  const ownDriver = await startDriver()
  const subject = await started(ownDriver)
  await ownDriver.stop()
  assert.ok(!ownDriver.running)
  await subject.warmUp(100)
  const reason = 'the driver: exit code 0'
  assert.deepEqual(await stopped(subject), { state: 'failed', stage: 'run', reason })
})

test('a driver that cannot prepare its workload is a reason, and no process', async () => {
  const preparation = { profile: 'small', blocks: 0, seed: 1 }
  const impossible = { ...workload, preparation }
  const failed = await Driver.start(ibd.driver, impossible, null, endOfTest.signal, observer)
  assert.deepEqual(failed, {
    kind: 'failed',
    reason:
      'small, 2 peers cannot be prepared: blocks must be a whole number from 1 to 500000, not 0',
  })
})

test('a driver whose signal is aborted already prepares nothing', async () => {
  const failed = await Driver.start(ibd.driver, workload, null, AbortSignal.abort(), observer)
  assert.ok(!(failed instanceof Driver))
})
