import { randomInt } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command } from '@commander-js/extra-typings'
import { backends } from '../../implementations/registry.ts'
import { calibrate, type Instruments } from '../calibration/calibrate.ts'
import { CalibrationStore } from '../calibration/calibration-store.ts'
import { demandLongAa } from '../calibration/long-aa.ts'
import { isUnconfirmed } from '../calibration/looks.ts'
import { calibrationMarkdown } from '../calibration/markdown.ts'
import { calibrationModel } from '../calibration/model.ts'
import type { PlanContext } from '../calibration/plans.ts'
import {
  type CalibrationSettings,
  calibrationDefaults,
  defaultTargets,
  type Kind,
  kinds,
  type Targets,
} from '../calibration/settings.ts'
import { turnNs } from '../calibration/spin-time.ts'
import { type Calibration, machineOf } from '../calibration/stored.ts'
import { fingerprint, toolIdentity } from '../environment.ts'
import { Interrupted, RunError } from '../errors.ts'
import { interruptible } from '../interruption.ts'
import { demandMeasuringLock } from '../measuring-lock.ts'
import { choosePinning } from '../pinning.ts'
import { print } from '../print.ts'
import { Progress, progressStyle } from '../progress.ts'
import { loadRecord } from '../record-store.ts'
import { replaceFile } from '../replace-file.ts'
import { run } from '../run.ts'
import { duration, oneOf, wholeNumber } from './arguments.ts'
import { quoted } from './command-line.ts'
import { observerOf } from './run-observer.ts'

/** What is planted is planted in sockets that are polled: libuv does not receive through `Sock`. */
const polling = backends
  .filter(({ protocols }) => protocols.p2p?.onSocketThread.loop === 'poll')
  .map(({ name }) => name)

const upTo = wholeNumber(0, 100_000)
const { aa, experiment } = calibrationDefaults

export function calibrateCommand() {
  return new Command('calibrate')
    .description(
      'find out how often verdicts are wrong here: A/A runs, planted slowdowns, each control switched off; goes on where it stopped',
    )
    .option('--aa-runs <n>', 'A/A runs there are to be', upTo, defaultTargets.aa)
    .option('--experiments <n>', 'dose-response experiments', upTo, defaultTargets.experiment)
    .option('--controls <n>', 'rounds with each control off', upTo, defaultTargets.controls)
    .option(
      '--no-confirmation',
      'plants have one look: they are not measured again when they are found',
    )
    .option('--budget <time>', 'start no run that would end later, as in 30m', duration)
    .option('--backend <name>', `of ${polling.join(', ')}`, oneOf(polling), 'direct')
    .option('--seed <n>', 'of all that is drawn', wholeNumber(0, 0xffffffff))
    .option('--aa-rounds <n>', 'rounds of an A/A run', wholeNumber(6, 1000), aa.rounds)
    .option('--aa-slices <n>', 'slices of its processes', wholeNumber(2, 10_000), aa.slices)
    .option(
      '--experiment-rounds <n>',
      'rounds of an experiment',
      wholeNumber(6, 1000),
      experiment.rounds,
    )
    .option(
      '--experiment-slices <n>',
      'slices of its processes, and of those of the controls',
      wholeNumber(2, 10_000),
      experiment.slices,
    )
    .option(
      '--slice-blocks <n>',
      'blocks of 990,000 bytes in a slice',
      wholeNumber(1, 10_000),
      calibrationDefaults.sliceBlocks,
    )
    .option('--out <dir>', 'where it is kept, and gone on with', join('results', 'calibration'))
    .option(
      '--long-aa <record>',
      'a stored run of 32 rounds or more: kept, and its A/A interval reported as measured',
    )
    .option('--report', 'measure nothing: report what is there', false)
    .option('--md <file>', 'write the report there, too')
    .option('--json', 'print the figures of the report as JSON, and nothing else', false)
    .option('--quiet', 'no progress', false)
    .action(async options => {
      const store = new CalibrationStore(options.out)
      const calibration = options.report ? stored(store, options) : await measured(store, options)
      const model = calibrationModel(calibration, store)
      const text = calibrationMarkdown(model, commandFor(calibration, options))
      if (options.md !== undefined) writeReport(options.md, text)
      print(options.json ? `${JSON.stringify(model)}\n` : text)
    })
}

type Options = ReturnType<ReturnType<typeof calibrateCommand>['opts']>

function stored(store: CalibrationStore, options: Options): Calibration {
  const calibration = store.load()
  keepLongAa(store, calibration, options)
  return calibration
}

async function measured(store: CalibrationStore, options: Options): Promise<Calibration> {
  const release = demandMeasuringLock('sockbench calibrate')
  const progress = new Progress(progressStyle(process.stderr, options.quiet))
  try {
    const seed = options.seed ?? store.seed ?? randomInt(2 ** 32)
    const settings = settingsOf(options, seed)
    const calibration = store.begin(settings, machineOf(fingerprint()))
    keepLongAa(store, calibration, options)
    const context = { settings, pinning: choosePinning(), tool: toolIdentity() }
    const targets = targetsOf(options)
    const command = commandFor(calibration, options)
    return await calibrate(
      store,
      context,
      calibration,
      instrumentsFor(context, command, progress, interruptible()),
      {
        targets,
        confirmPlants: options.confirmation,
        budgetMs: options.budget,
        starts: (kind, index) => progress.show(`${kindNames[kind]} ${index} of ${targets[kind]}`),
      },
    )
  } finally {
    progress.clear()
    release()
  }
}

/** Before anything is measured: the record may be none that fits. */
function keepLongAa(store: CalibrationStore, calibration: Calibration, { longAa }: Options): void {
  if (longAa === undefined) return
  const record = loadRecord(longAa)
  demandLongAa(record, longAa, calibration)
  store.saveLongAa(record)
}

const kindNames: Record<Kind, string> = {
  aa: 'A/A run',
  experiment: 'experiment',
  controls: 'controls, round',
}

function instrumentsFor(
  { pinning }: PlanContext,
  command: string,
  progress: Progress,
  signal: AbortSignal,
): Instruments {
  return {
    measure: async plan => {
      const record = await run(plan, command, signal, {
        ...observerOf(plan, progress),
        concluded: () => {},
      })
      if (!signal.aborted) return record
      throw new Interrupted(
        'interrupted; what was finished is stored, and the same command goes on from there',
      )
    },
    turnNs: () => turnNs(pinning?.subject ?? null),
    now: () => new Date(),
  }
}

function settingsOf(options: Options, seed: number): CalibrationSettings {
  return {
    backend: options.backend,
    seed,
    sliceBlocks: options.sliceBlocks,
    aa: { rounds: options.aaRounds, slices: options.aaSlices },
    experiment: { rounds: options.experimentRounds, slices: options.experimentSlices },
  }
}

function targetsOf({ aaRuns, experiments, controls }: Options): Targets {
  return { aa: aaRuns, experiment: experiments, controls }
}

/** What repeats all that there is, and what was asked for beyond. */
function commandFor(calibration: Calibration, options: Options): string {
  const { backend, seed, sliceBlocks, aa: runs, experiment: doses } = calibration.settings
  const unusual = [
    ['--backend', backend, calibrationDefaults.backend],
    ['--aa-rounds', runs.rounds, aa.rounds],
    ['--aa-slices', runs.slices, aa.slices],
    ['--experiment-rounds', doses.rounds, experiment.rounds],
    ['--experiment-slices', doses.slices, experiment.slices],
    ['--slice-blocks', sliceBlocks, calibrationDefaults.sliceBlocks],
  ].filter(([, value, usual]) => value !== usual)
  const asked = options.report ? undefined : targetsOf(options)
  const numbers = kinds.map(
    kind => `${targetOptions[kind]} ${Math.max(calibration[kind].length, asked?.[kind] ?? 0)}`,
  )
  const unconfirmed = options.report
    ? calibration.experiment.some(isUnconfirmed)
    : !options.confirmation
  return [
    'sockbench calibrate',
    ...numbers,
    ...(unconfirmed ? ['--no-confirmation'] : []),
    `--seed ${seed}`,
    ...unusual.map(([name, value]) => `${name} ${value}`),
    `--out ${quoted(options.out)}`,
  ].join(' ')
}

const targetOptions: Record<Kind, string> = {
  aa: '--aa-runs',
  experiment: '--experiments',
  controls: '--controls',
}

function writeReport(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    replaceFile(path, text)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new RunError(`cannot write ${path}: ${code}; free space there, or name another with --md`)
  }
}
