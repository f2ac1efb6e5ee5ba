import { mulberry32 } from '../../scenarios/random.ts'
import { RunError, UsageError } from '../errors.ts'
import type { Plan } from '../plan.ts'
import type { SockbenchRecord } from '../record.ts'
import { shuffled } from '../shuffle.ts'
import { armNames, dosesOf, seedFor } from './blinding.ts'
import { type CalibrationStore, nameOf } from './calibration-store.ts'
import { isSuspected, lookAt, twinDifference } from './looks.ts'
import { type Arm, armsPlan, controlsPlan, type PlanContext } from './plans.ts'
import { type Kind, kinds, type RunShape, type Targets } from './settings.ts'
import { type Calibration, conditions, type Look } from './stored.ts'
import { toolName } from './tool-name.ts'

type Tool = SockbenchRecord['tool']

/** How a calibration reaches the machine. */
export interface Instruments {
  /** Carries out a plan. @throws Interrupted when it was interrupted: nothing of it is used */
  measure: (plan: Plan) => Promise<SockbenchRecord>
  /** How long a turn of the planted loop takes now. */
  turnNs: () => number
  now: () => Date
}

export interface CalibrateOptions {
  targets: Targets
  /** Whether suspected arms of experiments are measured again; those of A/A runs always are. */
  confirmPlants: boolean
  /** No run starts that would end later, if it took as long as those before it; undefined: no limit. */
  budgetMs: number | undefined
  starts: (kind: Kind, index: number) => void
}

/** Goes on with a calibration until it has what it is to have, or the budget is used up. */
export async function calibrate(
  store: CalibrationStore,
  context: PlanContext,
  calibration: Calibration,
  instruments: Instruments,
  { targets, confirmPlants, budgetMs, starts }: CalibrateOptions,
): Promise<Calibration> {
  const startMs = performance.now()
  const runner = new Runner(store, context, instruments, confirmPlants)
  let longestMs = 0
  for (;;) {
    const kind = nextKind(countsOf(calibration), targets)
    const elapsedMs = performance.now() - startMs
    if (kind === undefined) return calibration
    if (budgetMs !== undefined && elapsedMs + longestMs > budgetMs) return calibration
    const index = nextIndex(calibration, kind)
    starts(kind, index)
    await runner.carryOut(kind, index, calibration)
    calibration = store.load()
    longestMs = Math.max(longestMs, performance.now() - startMs - elapsedMs)
  }
}

/**
 * Of what is furthest from its target, so that all kinds are measured all the time; A/A runs first, for
 * experiments need one.
 */
export function nextKind(done: Targets, targets: Targets): Kind | undefined {
  const share = (kind: Kind) => done[kind] / targets[kind]
  const left = kinds.filter(kind => done[kind] < targets[kind])
  return left.length === 0
    ? undefined
    : left.reduce((least, kind) => (share(kind) < share(least) ? kind : least))
}

function countsOf({ aa, experiment, controls }: Calibration): Targets {
  return { aa: aa.length, experiment: experiment.length, controls: controls.length }
}

/** The lowest that is free: a file may have been removed. */
function nextIndex(calibration: Calibration, kind: Kind): number {
  const taken = new Set(calibration[kind].map(({ index }) => index))
  let index = 1
  while (taken.has(index)) index++
  return index
}

/** One run after the other; each is stored when it is whole. */
class Runner {
  readonly #store: CalibrationStore
  readonly #context: PlanContext
  readonly #instruments: Instruments
  readonly #confirmPlants: boolean

  constructor(
    store: CalibrationStore,
    context: PlanContext,
    instruments: Instruments,
    confirmPlants: boolean,
  ) {
    this.#store = store
    this.#context = context
    this.#instruments = instruments
    this.#confirmPlants = confirmPlants
  }

  carryOut(kind: Kind, index: number, calibration: Calibration): Promise<void> {
    switch (kind) {
      case 'aa':
        return this.#aaRun(index)
      case 'experiment':
        return this.#experiment(index, calibration)
      case 'controls':
        return this.#controlsPass(index)
    }
  }

  async #aaRun(index: number): Promise<void> {
    const start = this.#start()
    const arms = [{ name: armNames[0], spinsPerRecv: 0 }]
    const looks = await this.#looks('aa', index, this.#context.settings.aa, arms, true)
    this.#store.saveAaRun({ index, ...this.#provenance(start), ...looks })
  }

  async #experiment(index: number, { aa, experiment: earlier }: Calibration): Promise<void> {
    const start = this.#start()
    const { seed, experiment } = this.#context.settings
    const before = this.#instruments.turnNs()
    const nsPerTurn = nsPerTurnInPlace(earlier) ?? before
    const doses = dosesOf(seed, index)
    const nsPerRecv = cpuNsPerRecv(aa)
    const arms = armNames.map((name, i) => ({
      name,
      spinsPerRecv: Math.round(((doses[i] / 100) * nsPerRecv) / nsPerTurn),
    }))
    const looks = await this.#looks('experiment', index, experiment, arms, this.#confirmPlants)
    const turnNs = { before, after: this.#instruments.turnNs() }
    const key = Object.fromEntries(
      arms.map(({ name, spinsPerRecv }, i) => [name, { dosePercent: doses[i], spinsPerRecv }]),
    )
    this.#store.saveExperiment({ index, ...this.#provenance(start), ...looks, key, turnNs })
  }

  /** The first look, and another at the suspected arms, if they are to be confirmed. */
  async #looks(
    kind: Kind,
    index: number,
    shape: RunShape,
    arms: readonly Arm[],
    confirming: boolean,
  ): Promise<{ tool: Tool; first: Look; confirmation: Look | null }> {
    const { look: first, tool } = await this.#look(nameOf(kind, index), shape, arms)
    const suspected = arms.filter(({ name }) => isSuspected(first.arms[name]))
    if (!confirming || suspected.length === 0) return { tool, first, confirmation: null }
    const name = `${nameOf(kind, index)}-confirmation`
    const { look: confirmation } = await this.#look(name, shape, suspected)
    return { tool, first, confirmation }
  }

  async #look(
    name: string,
    shape: RunShape,
    arms: readonly Arm[],
  ): Promise<{ look: Look; tool: Tool }> {
    const seed = seedFor(this.#context.settings.seed, name)
    const record = await this.#measured(name, armsPlan(this.#context, shape, arms, seed))
    return { look: lookAt(record, this.#store.saveRecord(name, record)), tool: record.tool }
  }

  /** A round of each row in turn, so that the machine's moods meet all of them. */
  async #controlsPass(index: number): Promise<void> {
    const start = this.#start()
    const { seed } = this.#context.settings
    const inOrder = shuffled(conditions, mulberry32(seedFor(seed, `order ${index}`)))
    const rounds = []
    let { tool } = this.#context
    for (const condition of inOrder) {
      const name = `${nameOf('controls', index)}-${condition.replaceAll(' ', '-')}`
      const plan = controlsPlan(this.#context, condition, seedFor(seed, name))
      const record = await this.#measured(name, plan)
      tool = record.tool
      const file = this.#store.saveRecord(name, record)
      rounds.push({ condition, record: file, ...twinDifference(record) })
    }
    this.#store.saveControlsPass({ index, ...this.#provenance(start), tool, rounds })
  }

  /** A run in which a subject failed is no run: it is kept as such, and measured again a few times. */
  async #measured(name: string, plan: Plan): Promise<SockbenchRecord> {
    let reason = ''
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const record = await this.#instruments.measure(plan)
      this.#demandSameTool(record.tool)
      if (record.failures.length === 0) return record
      this.#store.saveDiscarded(name, record)
      reason = record.failures[0].reason
    }
    throw new RunError(
      `${ATTEMPTS} times in a row a subject did not finish, last because: ${reason}; what was ` +
        'measured before is stored, and the same command goes on from there',
    )
  }

  /**
   * Between two invocations the tool may change, and each run says which it had; while it measures it
   * would be half of each. Results in the checkout make it dirty, and no other.
   */
  #demandSameTool(now: Tool): void {
    const { tool } = this.#context
    if (now.version === tool.version && now.gitSha === tool.gitSha) return
    throw new RunError(
      `sockbench changed while it measured (from ${toolName(tool)} to ${toolName(now)}); what was ` +
        'measured before is stored: build this one, and the same command goes on from there',
    )
  }

  #start(): { atMs: number; at: Date } {
    return { atMs: performance.now(), at: this.#instruments.now() }
  }

  #provenance(start: { atMs: number; at: Date }) {
    return {
      startedAt: start.at.toISOString(),
      durationMs: performance.now() - start.atMs,
      node: process.versions.node,
    }
  }
}

const ATTEMPTS = 3

/** In the newest experiment, of the largest plant, whose samples tell most. */
function nsPerTurnInPlace(earlier: Calibration['experiment']): number | undefined {
  const newest = earlier.at(-1)
  if (newest === undefined) return undefined
  const arms = Object.entries(newest.key).toSorted(
    ([, one], [, other]) => other.spinsPerRecv - one.spinsPerRecv,
  )
  const [[arm, { spinsPerRecv }]] = arms
  const { spinNs } = newest.first.arms[arm]
  return spinNs === null || spinsPerRecv === 0 ? undefined : spinNs / spinsPerRecv
}

/** Of the newest A/A run, whose subjects all have nothing planted. */
function cpuNsPerRecv(aa: Calibration['aa']): number {
  const newest = aa.at(-1)
  if (newest === undefined) {
    throw new UsageError('what to plant is sized with an A/A run: ask for --aa-runs 1 or more')
  }
  const { cpuNsPerByte, recvsPerByte } = newest.first.reference
  return cpuNsPerByte / recvsPerByte
}
