import { randomInt } from 'node:crypto'
import { Command } from '@commander-js/extra-typings'
import { findScenario, scenarios } from '../../scenarios/index.ts'
import { SettingError, type Workload } from '../../scenarios/scenario.ts'
import { Interrupted, RunError, UsageError } from '../errors.ts'
import { interruptible } from '../interruption.ts'
import { choosePinning } from '../pinning.ts'
import { FLOOR, knownBackends, type Plan, planDefaults } from '../plan.ts'
import { print } from '../print.ts'
import { barLine, Progress, progressStyle, roundLine } from '../progress.ts'
import type { SockbenchRecord } from '../record.ts'
import { prepareStore, RecordError, runDirectory, saveRecord } from '../record-store.ts'
import { terminalReport, terminalStyle } from '../report/terminal.ts'
import type { RoundsObserver } from '../rounds.ts'
import { run } from '../run.ts'
import { duration, list, positiveNumber, repeatable, wholeNumber } from './arguments.ts'

export function runCommand() {
  return new Command('run')
    .description(
      'measure scenarios on backends; with no options, the fixed plan of `npm run bench`',
    )
    .option(
      '--scenario <list>',
      'scenarios, comma-separated',
      list,
      scenarios.map(s => s.name),
    )
    .option('--backend <list>', 'backends, the reference first', list, knownBackends)
    .option(
      '--rounds <n>',
      'rounds of fresh processes',
      wholeNumber(1, 10_000),
      planDefaults.rounds,
    )
    .option(
      '--budget <time>',
      'after one round of each workload, start none that would end later than this; as in 90s or 3m',
      duration,
    )
    .option('--margin <percent>', 'equivalence margin', positiveNumber, planDefaults.marginPercent)
    .option(
      '--seed <n>',
      'of every random order; drawn, and stored, if not given',
      wholeNumber(0, 0xffffffff),
    )
    .option(
      '--set <key=value>',
      'a setting of the scenario; several values make a matrix',
      repeatable,
      [],
    )
    .option('--out <dir>', 'where records are kept', 'results')
    .option('--json', 'print the record on stdout, and nothing else', false)
    .option('--quiet', 'no progress', false)
    .option('--no-color', 'no colours (as NO_COLOR)')
    .action(async options => {
      const plan = planOf(options)
      prepareStore(options.out)
      const progress = new Progress(progressStyle(process.stderr, options.quiet))
      const signal = interruptible()
      const kept: { as: string | RecordError } = { as: '' }
      const record = await run(plan, commandLine(plan.seed), signal, {
        ...observerOf(plan, progress),
        // After each workload, so that a later one cannot take the earlier ones along.
        concluded: soFar => {
          kept.as = store(soFar, options.out)
        },
      })
      progress.clear()
      if (record.scenarios.length === 0) throw nothingMeasured(signal)
      const stored = kept.as
      const path = stored instanceof RecordError ? 'not stored' : stored
      print(options.json ? `${JSON.stringify(record)}\n` : report(record, path, options.color))
      if (stored instanceof RecordError) throw stored
      if (signal.aborted) throw new Interrupted(`interrupted; what was finished is in ${path}`)
      if (record.failures.length > 0) {
        throw new RunError(`${record.failures.length} subject(s) did not finish; see above`)
      }
    })
}

interface RunOptions {
  scenario: string[]
  backend: string[]
  rounds: number
  budget?: number | undefined
  margin: number
  seed?: number | undefined
  set: string[]
}

function planOf(options: RunOptions): Plan {
  const workloads = workloadsOf(options)
  return {
    workloads,
    backends: backendsOf(options),
    rounds: options.rounds,
    budgetMs: options.budget,
    marginPercent: options.margin,
    seed: options.seed ?? randomInt(2 ** 32),
    pinning: choosePinning(),
  }
}

function workloadsOf({ scenario: names, set }: RunOptions): Workload[] {
  const settings = settingsOf(set)
  return [...new Set(names)].flatMap(name => {
    const scenario = findScenario(name)
    if (scenario === undefined) {
      const known = scenarios.map(s => s.name).join(', ')
      throw new UsageError(`no scenario "${name}"; known: ${known}`)
    }
    try {
      return scenario.workloads(settings)
    } catch (error) {
      if (error instanceof SettingError) throw new UsageError(error.message)
      throw error
    }
  })
}

function backendsOf({ backend: names }: RunOptions): string[] {
  const unknown = names.find(name => !knownBackends.includes(name))
  if (unknown !== undefined) {
    throw new UsageError(`no backend "${unknown}"; known: ${knownBackends.join(', ')}`)
  }
  if (names.every(name => name === FLOOR)) {
    throw new UsageError(`${FLOOR} is only measured beside others: name one more backend`)
  }
  return [...new Set(names)]
}

function settingsOf(texts: string[]): Map<string, string> {
  const settings = new Map<string, string>()
  for (const [key, value] of texts.map(keyAndValue)) {
    const before = settings.get(key)
    if (before !== undefined) {
      throw new UsageError(`--set ${key} is given twice; write --set ${key}=${before},${value}`)
    }
    settings.set(key, value)
  }
  return settings
}

function keyAndValue(setting: string): [string, string] {
  const [key, ...value] = setting.split('=')
  if (value.length === 0) throw new UsageError(`--set ${setting}: write KEY=VALUE`)
  return [key, value.join('=')]
}

/** What repeats this run: the orders' seed is added where it was drawn. */
function commandLine(seed: number): string {
  const given = process.argv.slice(2)
  const words = given.some(word => word.startsWith('--seed'))
    ? given
    : [...given, '--seed', String(seed)]
  return ['sockbench', ...words.map(quoted)].join(' ')
}

function quoted(word: string): string {
  return /^[\w./:,=+@%-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function observerOf(plan: Plan, progress: Progress): RoundsObserver {
  const startMs = new Map<Workload, number>()
  const elapsedMs = (workload: Workload) => {
    const start = startMs.get(workload) ?? performance.now()
    startMs.set(workload, start)
    return performance.now() - start
  }
  return {
    preparing: (workload, done, total) => {
      const label = `building chain ${workload.label}`
      const fraction = done / total
      progress.show(barLine({ label, fraction, elapsedMs: elapsedMs(workload) }))
    },
    warning: ({ label }, line) => progress.note(`${label}: ${line}`),
    roundStarts: (workload, round) => {
      if (round === 0) startMs.delete(workload)
      const { scenario, label } = workload
      progress.show(
        roundLine({
          round: round + 1,
          rounds: plan.rounds,
          label: `${scenario} ${label}`,
          elapsedMs: elapsedMs(workload),
        }),
      )
    },
    subjectFailed: ({ label }, { round, backend, arm, outcome }) => {
      if (outcome.state === 'completed') return
      const { stage, reason } = outcome
      progress.note(`${label}, round ${round + 1}: ${backend} ${arm} failed in ${stage}: ${reason}`)
    },
  }
}

function nothingMeasured(signal: AbortSignal): Error {
  return signal.aborted
    ? new Interrupted('interrupted before a round was finished; nothing is stored')
    : new RunError('no round was finished; nothing is stored')
}

/** @returns the path of the record, or why it is not on disk: what was measured is printed even so */
function store(record: SockbenchRecord, out: string): string | RecordError {
  try {
    return saveRecord(runDirectory(out, record.startedAt, record.tool.gitSha), record)
  } catch (error) {
    if (error instanceof RecordError) return error
    throw error
  }
}

function report(record: SockbenchRecord, path: string, colour: boolean): string {
  const style = terminalStyle(process.stdout, process.env)
  return terminalReport(record, path, { ...style, colour: style.colour && colour })
}
