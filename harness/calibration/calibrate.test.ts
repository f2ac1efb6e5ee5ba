import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Interrupted, RunError, UsageError } from '../errors.ts'
import type { Plan, SubjectSpec } from '../plan.ts'
import {
  killedProcess,
  measuredLarge,
  syntheticRecord,
} from '../report/fixtures/synthetic-record.ts'
import { dosesOf } from './blinding.ts'
import { calibrate, type Instruments, nextKind } from './calibrate.ts'
import { CalibrationStore } from './calibration-store.ts'
import { NS_PER_RECV, plantedPercent, syntheticRun, TURN_NS } from './fixtures/synthetic-run.ts'
import { isSuspected } from './looks.ts'
import type { PlanContext } from './plans.ts'
import type { Kind, Targets } from './settings.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-calibrate-'))
after(() => rmSync(directory, { recursive: true }))

const context: PlanContext = {
  settings: {
    backend: 'direct',
    seed: 11,
    sliceBlocks: 8,
    aa: { rounds: 6, slices: 40 },
    experiment: { rounds: 8, slices: 110 },
  },
  pinning: null,
  tool: { version: '0.1.0', gitSha: '0123456789abcdef', dirty: false },
}
const machine = { cpuModel: 'Example CPU', cpus: [0, 1], memoryBytes: 8e9, kernel: '6.1.0' }
const nothing: Targets = { aa: 0, experiment: 0, controls: 0 }
let stores = 0

/** Goes on in `store` with machines that do as told, and remembers the plans. */
async function going(
  store: CalibrationStore,
  targets: Partial<Targets>,
  costPercent: (spec: SubjectSpec) => number = plantedPercent,
  measure?: Instruments['measure'],
) {
  const plans: Plan[] = []
  const started: string[] = []
  const calibration = await calibrate(
    store,
    context,
    store.begin(context.settings, machine),
    {
      measure: async plan => {
        plans.push(plan)
        return (await measure?.(plan)) ?? syntheticRun(plan, costPercent)
      },
      turnNs: () => TURN_NS,
      now: () => new Date('2025-01-02T03:04:05Z'),
    },
    {
      targets: { ...nothing, ...targets },
      confirmPlants: true,
      budgetMs: undefined,
      starts: (kind, index) => started.push(`${kind} ${index}`),
    },
  )
  return { calibration, plans, started }
}

function newStore(): CalibrationStore {
  return new CalibrationStore(join(directory, String(stores++)))
}

test('an experiment plants what its key says, and finds it; suspects are measured again, together', async () => {
  const store = newStore()
  const { calibration, plans } = await going(store, { aa: 1, experiment: 1 })
  const [experiment] = calibration.experiment
  const doses = dosesOf(11, 1)
  for (const [i, arm] of ['arm 1', 'arm 2', 'arm 3'].entries()) {
    const { dosePercent, spinsPerRecv } = experiment.key[arm]
    assert.equal(dosePercent, doses[i])
    assert.ok(Math.abs(spinsPerRecv - ((doses[i] / 100) * NS_PER_RECV) / TURN_NS) < 2)
    assert.ok(Math.abs(100 * (experiment.first.arms[arm].ratio - 1) - doses[i]) < 0.1)
  }
  const suspects = Object.keys(experiment.key).filter(arm => experiment.key[arm].dosePercent > 0)
  assert.deepEqual(Object.keys(experiment.confirmation?.arms ?? {}), suspects)
  const [, first, confirmation] = plans
  assert.deepEqual(
    confirmation.revisions.map(({ name }) => name),
    ['base', ...suspects],
  )
  assert.notEqual(confirmation.seed, first.seed)
  assert.equal(confirmation.measurements[0].schedule.looks[0], 8)
})

test('what is analysed and stored as a record says nothing of doses', async () => {
  const store = newStore()
  await going(store, { aa: 1, experiment: 1 })
  const file = join(store.directory, 'records', 'experiment-001.json.gz')
  const text = gunzipSync(readFileSync(file)).toString()
  assert.match(text, /"revision":"arm 3"/)
  assert.doesNotMatch(text, /dose|spins/i)
})

test('an A/A run has three times the same, and no confirmation where nothing is suspected', async () => {
  const { calibration, plans } = await going(newStore(), { aa: 1 })
  assert.deepEqual(
    plans.map(({ revisions }) => revisions.map(({ spinsPerRecv }) => spinsPerRecv)),
    [[0, 0]],
  )
  assert.equal(calibration.aa[0].confirmation, null)
})

test('a false suspicion is measured again', async () => {
  let runs = 0
  const once = async (plan: Plan) => {
    const percent = ++runs === 1 ? 102 : 100
    return syntheticRun(plan, ({ arm }) => (arm === 'B' ? percent : 100))
  }
  const { calibration, plans } = await going(newStore(), { aa: 1 }, plantedPercent, once)
  assert.equal(plans.length, 2)
  const [{ first, confirmation }] = calibration.aa
  assert.ok(confirmation !== null)
  assert.deepEqual(
    [first, confirmation].map(look => isSuspected(look.arms['arm 1'])),
    [true, false],
  )
})

test('what is there is not measured again, and the rest is', async () => {
  const store = newStore()
  await going(store, { aa: 2 })
  const { calibration, started } = await going(store, { aa: 4 })
  assert.deepEqual(started, ['aa 3', 'aa 4'])
  assert.deepEqual(
    calibration.aa.map(({ index }) => index),
    [1, 2, 3, 4],
  )
  assert.deepEqual((await going(store, { aa: 4 })).started, [])
})

test('a run that was interrupted is lost, those before it are not', async () => {
  const store = newStore()
  let runs = 0
  const interrupted = async (plan: Plan) => {
    if (++runs === 3) throw new Interrupted('interrupted')
    return syntheticRun(plan, plantedPercent)
  }
  await assert.rejects(going(store, { aa: 5 }, plantedPercent, interrupted), Interrupted)
  assert.equal(store.load().aa.length, 2)
  assert.deepEqual(readdirSync(store.directory).sort(), [
    'aa-001.json',
    'aa-002.json',
    'calibration.json',
    'records',
  ])
})

test('a run in which a subject died is measured again; three in a row are an error that says why', async () => {
  const dead = syntheticRecord(measuredLarge([killedProcess(0, 'direct', 'A')]))
  let runs = 0
  const once = async (plan: Plan) => (++runs === 1 ? dead : syntheticRun(plan, plantedPercent))
  const store = newStore()
  const { calibration, plans } = await going(store, { aa: 1 }, plantedPercent, once)
  assert.deepEqual([calibration.aa.length, plans.length, calibration.discarded], [1, 2, 1])
  assert.deepEqual(store.readRecord('records/aa-001-discarded-1.json.gz').failures, dead.failures)
  const hopeless = newStore()
  await assert.rejects(
    going(hopeless, { aa: 1 }, plantedPercent, async () => dead),
    (error: Error) => error instanceof RunError && /killed by SIGKILL/.test(error.message),
  )
  assert.equal(hopeless.load().discarded, 3)
})

test('a sockbench that changes while it measures ends that, and what it measured before is kept', async () => {
  const store = newStore()
  const changed = { version: '0.1.0', gitSha: 'fedcba9876543210', dirty: false }
  let runs = 0
  const rebuilt = async (plan: Plan) => {
    const record = syntheticRun(plan, plantedPercent)
    return ++runs < 2 ? record : { ...record, tool: changed }
  }
  await assert.rejects(
    going(store, { aa: 3 }, plantedPercent, rebuilt),
    (error: Error) =>
      error instanceof RunError && /from 0\.1\.0 \(01234567\) to .*fedcba98/.test(error.message),
  )
  assert.equal(store.load().aa.length, 1)
})

test('each run says which sockbench measured it, its own results in the checkout included', async () => {
  const dirty = async (plan: Plan) => {
    const record = syntheticRun(plan, plantedPercent)
    return { ...record, tool: { ...record.tool, dirty: true } }
  }
  const targets = { aa: 1, controls: 1 }
  const { calibration } = await going(newStore(), targets, plantedPercent, dirty)
  const { aa, controls } = calibration
  assert.deepEqual(
    [...aa, ...controls].map(({ tool }) => tool.dirty),
    [true, true],
  )
})

test('what to plant is sized with an A/A run: without one, that is said', async () => {
  await assert.rejects(
    going(newStore(), { experiment: 1 }),
    (error: Error) => error instanceof UsageError && /--aa-runs 1/.test(error.message),
  )
})

test('kinds take turns by what they still lack, A/A runs first', () => {
  const targets = { aa: 4, experiment: 2, controls: 1 }
  const order: (Kind | undefined)[] = []
  const done = { aa: 0, experiment: 0, controls: 0 }
  for (let i = 0; i < 8; i++) {
    const kind = nextKind(done, targets)
    order.push(kind)
    if (kind !== undefined) done[kind]++
  }
  assert.deepEqual(order, [
    'aa',
    'experiment',
    'controls',
    'aa',
    'aa',
    'experiment',
    'aa',
    undefined,
  ])
})

test('a round of the controls table has every condition once', async () => {
  const { calibration } = await going(newStore(), { controls: 1 }, ({ arm }) =>
    arm === "A'" ? 101 : 100,
  )
  const [{ rounds }] = calibration.controls
  assert.equal(new Set(rounds.map(({ condition }) => condition)).size, 5)
  for (const { difference } of rounds) assert.ok(Math.abs(difference - 0.01) < 0.003)
})

test('a budget that is used up starts no further run', async () => {
  const store = newStore()
  const calibration = await calibrate(
    store,
    context,
    store.begin(context.settings, machine),
    {
      measure: async plan => syntheticRun(plan, plantedPercent),
      turnNs: () => TURN_NS,
      now: () => new Date(),
    },
    {
      targets: { ...nothing, aa: 5 },
      confirmPlants: true,
      budgetMs: Number.MIN_VALUE,
      starts: () => {},
    },
  )
  assert.ok(calibration.aa.length < 5)
})
