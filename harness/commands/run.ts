import { Command } from '@commander-js/extra-typings'
import { dispatch } from '../../scenarios/dispatch/index.ts'
import { benchScenarios, scenarioNames } from '../../scenarios/index.ts'
import type { Workload } from '../../scenarios/scenario.ts'
import { configure } from '../configuration/configure.ts'
import { Interrupted, RunError } from '../errors.ts'
import { interruptible } from '../interruption.ts'
import { mostRounds, type Plan, planDefaults } from '../plan.ts'
import { print } from '../print.ts'
import { programName } from '../program.ts'
import { barLine, Progress, progressStyle, roundLine } from '../progress.ts'
import { boundaries, type SockbenchRecord } from '../record.ts'
import { prepareStore, RecordError, runDirectory, saveRecord } from '../record-store.ts'
import { terminalReport, terminalStyle } from '../report/terminal.ts'
import { type RunObserver, run } from '../run.ts'
import { shard, shardOfPlan } from '../shard.ts'
import {
  duration,
  list,
  oneOf,
  positiveNumber,
  repeatable,
  roundsOrMax,
  wholeNumber,
} from './arguments.ts'
import { planOf } from './run-plan.ts'

export function runCommand() {
  return new Command('run')
    .description(
      'measure scenarios on backends; with no options, the fixed plan of `npm run bench`',
    )
    .option('--scenario <list>', `of ${scenarioNames.join(', ')}; comma-separated`, list, [
      ...benchScenarios,
    ])
    .option('--backend <list>', 'backends, the reference first (default: all)', list)
    .option(
      '--rounds <n>',
      'rounds of fresh processes (default: what each workload takes); or max: until each comparison has its verdict, looked at after 8, 16, 24 and 32',
      roundsOrMax,
    )
    .option(
      '--boundary <name>',
      `with --rounds max, how much evidence ends a run early: ${boundaries.join(', ')}`,
      oneOf(boundaries),
      planDefaults.boundary,
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
      'a setting of the scenarios that have it; several values make a matrix',
      repeatable,
      [],
    )
    .option('--shard <i/n>', 'only this share of the workloads; see `sockbench merge`', shard)
    .option('--out <dir>', 'where records are kept', 'results')
    .option('--json', 'print the record on stdout, and nothing else', false)
    .option('--quiet', 'no progress', false)
    .option('--no-color', 'no colours (as NO_COLOR)')
    .option('--config <file>', `instead of sockbench.config.{js,mjs,json} in this directory`)
    .action(async (_given, command) => {
      const { resolved } = await configure(command, 'run')
      const options = command.opts()
      const whole = { ...planOf(options), options: resolved }
      const plan = options.shard === undefined ? whole : shardOfPlan(whole, options.shard)
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
      if (plan.measurements.length === 0 && plan.dispatchRounds === 0) {
        process.stderr.write('nothing to measure: there are more shards than workloads\n')
        kept.as = store(record, options.out)
      } else if (record.scenarios.length === 0 && record.dispatch === null) {
        throw nothingMeasured(signal)
      }
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

/** What repeats this run: the orders' seed is added where it was drawn. */
export function commandLine(seed: number): string {
  const given = process.argv.slice(2)
  const words = given.some(word => word.startsWith('--seed'))
    ? given
    : [...given, '--seed', String(seed)]
  return ['sockbench', ...words.map(quoted)].join(' ')
}

export function quoted(word: string): string {
  return /^[\w./:,=+@%-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

export function observerOf(plan: Plan, progress: Progress): Omit<RunObserver, 'concluded'> {
  const startMs = new Map<Workload | string, number>()
  const elapsedMs = (of: Workload | string) => {
    const start = startMs.get(of) ?? performance.now()
    startMs.set(of, start)
    return performance.now() - start
  }
  return {
    preparing: (workload, done, total) => {
      const label = `preparing ${workload.scenario} ${workload.label}`
      const fraction = done / total
      progress.show(barLine({ label, fraction, elapsedMs: elapsedMs(workload) }))
    },
    warning: ({ label }, line) => progress.note(`${label}: ${line}`),
    roundStarts: ({ workload, label, schedule }, round) => {
      if (round === 0) startMs.delete(workload)
      progress.show(
        roundLine({
          round: round + 1,
          rounds: mostRounds(schedule),
          label: `${workload.scenario} ${label}`,
          elapsedMs: elapsedMs(workload),
        }),
      )
    },
    dispatchRoundStarts: round => {
      const { name: label } = dispatch
      const rounds = plan.dispatchRounds
      progress.show(roundLine({ round: round + 1, rounds, label, elapsedMs: elapsedMs(label) }))
    },
    subjectFailed: ({ label }, { round, arm, outcome, ...program }) => {
      if (outcome.state === 'completed') return
      const { stage, reason } = outcome
      const subject = `${programName(program)} ${arm}`
      progress.note(`${label}, round ${round + 1}: ${subject} failed in ${stage}: ${reason}`)
    },
  }
}

export function nothingMeasured(signal: AbortSignal): Error {
  return signal.aborted
    ? new Interrupted('interrupted before a round was finished; nothing is stored')
    : new RunError('no round was finished; nothing is stored')
}

/** @returns the path of the record, or why it is not on disk: what was measured is printed even so */
export function store(record: SockbenchRecord, out: string): string | RecordError {
  try {
    return saveRecord(runDirectory(out, record.startedAt, record.tool.gitSha), record)
  } catch (error) {
    if (error instanceof RecordError) return error
    throw error
  }
}

export function report(record: SockbenchRecord, path: string, colour: boolean): string {
  const style = terminalStyle(process.stdout, process.env)
  return terminalReport(record, path, { ...style, colour: style.colour && colour })
}
