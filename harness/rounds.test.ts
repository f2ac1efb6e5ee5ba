import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ibd } from '../scenarios/ibd/index.ts'
import { mulberry32 } from '../scenarios/random.ts'
import { commandLineOf, descendantsOf } from './fixtures/sockbench.ts'
import { isAlive, untilGone } from './fixtures/until-gone.ts'
import type { Measurement, Plan } from './plan.ts'
import type { ProcessSample } from './record.ts'
import { thisRevision } from './revision.ts'
import { measureWorkload } from './rounds.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-rounds-'))
process.env.SOCKBENCH_CACHE = directory
after(async () => {
  const children = descendantsOf(process.pid)
  const gone = await untilGone(children)
  for (const pid of children) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  rmSync(directory, { recursive: true })
  assert.ok(gone)
})

const settings = { profile: 'small', peers: '1', slices: '2', 'slice-blocks': '50' }
const [workload] = ibd.workloads(new Map(Object.entries(settings)))
const measurement: Measurement = {
  workload,
  label: workload.label,
  backends: ['direct'],
  schedule: { looks: [5], boundary: 'obrien-fleming' },
}
const plan: Plan = {
  measurements: [measurement],
  leftOut: [],
  backends: ['direct'],
  revisions: [thisRevision],
  dispatchRounds: 0,
  budgetMs: undefined,
  marginPercent: 1,
  seed: 1,
  pinning: null,
}

test('a driver that dies between two rounds fails the subjects of the next, which is the last', async () => {
  const { signal } = new AbortController()
  // The first who no longer waits for Ctrl-C is a round whose measuring is over: its subjects are stopped next.
  const removeEventListener = signal.removeEventListener.bind(signal)
  let killed = 0
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    removeEventListener(...args)
    if (killed++ > 0) return
    const driver = descendantsOf(process.pid).find(pid => commandLineOf(pid).includes('driver.js'))
    assert.ok(driver !== undefined)
    process.kill(driver, 'SIGKILL')
  }
  const failed: ProcessSample[] = []
  const observer = {
    preparing: () => {},
    warning: assert.fail,
    roundStarts: () => {},
    subjectFailed: (_: unknown, sample: ProcessSample) => failed.push(sample),
  }
  const random = mulberry32(1)
  const samples = await measureWorkload(
    plan,
    measurement,
    () => false,
    undefined,
    random,
    signal,
    observer,
  )
  assert.deepEqual(
    samples.map(({ round, arm, outcome }) => [round, arm, outcome.state]),
    [
      [0, 'A', 'completed'],
      [0, "A'", 'completed'],
      [1, 'A', 'failed'],
      [1, "A'", 'failed'],
    ],
  )
  assert.deepEqual(failed, samples.slice(2))
  const reason = 'the driver: killed by SIGKILL'
  assert.deepEqual(failed[0].outcome, { state: 'failed', stage: 'start', reason })
})

test('a look that decides ends the rounds; it sees those before it, and the last look is no question', async () => {
  const [workload] = ibd.workloads(new Map(Object.entries({ ...settings, slices: '2' })))
  const asked: number[] = []
  const measured = async (decidedAt: number) => {
    asked.length = 0
    const samples = await measureWorkload(
      plan,
      { ...measurement, workload, schedule: { looks: [1, 3, 4], boundary: 'pocock' } },
      soFar => {
        const rounds = new Set(soFar.map(({ round }) => round)).size
        asked.push(rounds)
        return rounds === decidedAt
      },
      undefined,
      mulberry32(1),
      new AbortController().signal,
      {
        preparing: () => {},
        warning: assert.fail,
        roundStarts: () => {},
        subjectFailed: assert.fail,
      },
    )
    return new Set(samples.map(({ round }) => round)).size
  }
  assert.equal(await measured(3), 3)
  assert.deepEqual(asked, [1, 3])
  assert.equal(await measured(2), 4)
  assert.deepEqual(asked, [1, 3])
})

test('slices of a group take turns in random order; with interleaving off, each subject has all of its own first', async () => {
  const [workload] = ibd.workloads(new Map(Object.entries({ ...settings, slices: '8' })))
  const ordersWith = async (interleaved: boolean) => {
    const samples = await measureWorkload(
      { ...plan, controls: { interleaved } },
      { ...measurement, workload, schedule: { looks: [1], boundary: 'pocock' } },
      () => false,
      undefined,
      mulberry32(1),
      new AbortController().signal,
      {
        preparing: () => {},
        warning: assert.fail,
        roundStarts: () => {},
        subjectFailed: assert.fail,
      },
    )
    return samples.map(({ outcome }) => {
      assert.ok(outcome.state === 'completed')
      assert.deepEqual(
        outcome.slices.map(({ group }) => group),
        [0, 1, 2, 3, 4, 5, 6, 7],
      )
      return new Set(outcome.slices.map(({ order }) => order)).size
    })
  }
  assert.deepEqual(await ordersWith(true), [2, 2])
  assert.deepEqual(await ordersWith(false), [1, 1])
})
