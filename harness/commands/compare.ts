import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from '@commander-js/extra-typings'
import { scenarioNames } from '../../scenarios/index.ts'
import { compareRecords } from '../comparison/compare-records.ts'
import { comparisonText, type RecordFile } from '../comparison/text.ts'
import { Interrupted, RunError, UsageError } from '../errors.ts'
import { interruptible } from '../interruption.ts'
import { demandMeasuringLock } from '../measuring-lock.ts'
import { planDefaults } from '../plan.ts'
import { print } from '../print.ts'
import { Progress, progressStyle } from '../progress.ts'
import { reanalysed } from '../reanalysis.ts'
import { boundaries } from '../record.ts'
import { loadRecord, prepareStore, RecordError } from '../record-store.ts'
import { terminalStyle } from '../report/terminal.ts'
import type { Revision } from '../revision.ts'
import { run } from '../run.ts'
import {
  duration,
  list,
  oneOf,
  positiveNumber,
  repeatable,
  roundsOrMax,
  wholeNumber,
} from './arguments.ts'
import { comparePlan } from './compare-plan.ts'
import { comparedRevisions, namesRevisions, type RevisionOptions } from './compared-revisions.ts'
import { commandLine, nothingMeasured, observerOf, report, store } from './run.ts'
import type { RunOptions } from './run-plan.ts'

export function compareCommand() {
  return new Command('compare')
    .description(
      'compare two stored records; or measure two revisions side by side, each backend with itself',
    )
    .argument('[base]', 'a record, or a checkout that is built')
    .argument('[head]', 'another of the same kind')
    .option('--base <ref>', 'a git ref of this checkout, built in a worktree')
    .option('--head <ref>', 'another one (default: this checkout as it is)')
    .option('--base-command <command>', 'instead: any program that speaks the subject protocol')
    .option('--head-command <command>', 'instead: another one')
    .option('--scenario <list>', `of ${scenarioNames.join(', ')}; comma-separated`, list, ['ibd'])
    .option('--backend <list>', 'backends (default: the three; for a command, direct)', list)
    .option(
      '--rounds <n>',
      'rounds of fresh processes; or max: until each comparison has its verdict, looked at after 8, 16, 24 and 32',
      roundsOrMax,
      8,
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
    .option('--out <dir>', 'where records are kept', 'results')
    .option('--json', 'print the record, or what two records differ by, and nothing else', false)
    .option('--quiet', 'no progress', false)
    .option('--no-color', 'no colours (as NO_COLOR)')
    .action(async (one, other, options) => {
      const paths = pairOf(one, other)
      if (paths === null) return measureSideBySide(options, null)
      const [kind, otherKind] = paths.map(kindOf)
      if (kind !== otherKind) {
        throw new UsageError(
          `${one} is a ${kind}, ${other} a ${otherKind}: compare two of the same kind`,
        )
      }
      return kind === 'record' ? compareStored(options, paths) : measureSideBySide(options, paths)
    })
}

type CompareOptions = RunOptions &
  RevisionOptions & { out: string; json: boolean; quiet: boolean; color: boolean }

function pairOf(one: string | undefined, other: string | undefined): [string, string] | null {
  if (one === undefined) return null
  if (other !== undefined) return [one, other]
  throw new UsageError(`what is ${one} to be compared with? Name another record or checkout`)
}

function kindOf(path: string): 'record' | 'checkout' {
  if (!existsSync(path)) throw new UsageError(`no record and no checkout at ${path}`)
  if (!statSync(path).isDirectory() || existsSync(join(path, 'record.json'))) return 'record'
  if (existsSync(join(path, 'package.json'))) return 'checkout'
  throw new UsageError(
    `${path} has neither a record.json nor a package.json: name a run or a checkout`,
  )
}

function compareStored(options: CompareOptions, [basePath, headPath]: [string, string]): void {
  if (namesRevisions(options)) {
    throw new UsageError('two records are compared by themselves: leave --base and --head out')
  }
  const { margin, json, color } = options
  const fileOf = (path: string): RecordFile => ({
    path,
    record: reanalysed(loadRecord(path), margin),
  })
  const [base, head] = [fileOf(basePath), fileOf(headPath)]
  const compared = compareRecords(base.record, head.record, margin)
  const style = terminalStyle(process.stdout, process.env)
  print(
    json
      ? `${JSON.stringify({ base: basePath, head: headPath, ...compared })}\n`
      : comparisonText(base, head, compared, { ...style, colour: style.colour && color }),
  )
}

async function measureSideBySide(
  options: CompareOptions,
  directories: [string, string] | null,
): Promise<void> {
  const hasCommands = options.baseCommand !== undefined || options.headCommand !== undefined
  const planned = comparePlan(options, hasCommands)
  prepareStore(options.out)
  const release = demandMeasuringLock('sockbench compare')
  const progress = new Progress(progressStyle(process.stderr, options.quiet))
  const signal = interruptible()
  const note = (line: string) => progress.note(line)
  const revisions = await comparedRevisions(options, directories, { note, signal })
  if (areSame(revisions)) note('base and head are the same commit: this is an A/A comparison')
  const plan = { ...planned, revisions }
  const kept: { as: string | RecordError } = { as: '' }
  const record = await run(plan, commandLine(plan.seed), signal, {
    ...observerOf(plan, progress),
    // After each workload, so that a later one cannot take the earlier ones along.
    concluded: soFar => {
      kept.as = store(soFar, options.out)
    },
  })
  release()
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
}

function areSame([base, head]: readonly [Revision, Revision]): boolean {
  const [one, other] = [base.source, head.source]
  if (one === null || other === null || one.gitSha === null) return false
  return one.gitSha === other.gitSha && one.dirty === false && other.dirty === false
}
