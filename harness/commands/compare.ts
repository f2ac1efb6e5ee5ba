import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { scenarioNames } from '../../scenarios/index.ts'
import { compareRecords } from '../comparison/compare-records.ts'
import { comparisonModel, type RecordFile } from '../comparison/model.ts'
import { UsageError } from '../errors.ts'
import { interruptible } from '../interruption.ts'
import { demandMeasuringLock } from '../measuring-lock.ts'
import { Progress, progressStyle } from '../progress.ts'
import { reanalysed } from '../reanalysis.ts'
import { loadRecord, prepareStore } from '../record-store.ts'
import type { Revision } from '../revision.ts'
import { ownCheckout } from '../revisions/checkout.ts'
import { staleBuildWarnings } from '../revisions/stale-build.ts'
import { list, roundsOrMax } from './arguments.ts'
import { carryOut } from './carry-out.ts'
import { comparePlan } from './compare-plan.ts'
import { comparedRevisions, type RevisionOptions } from './compared-revisions.ts'
import { measuringOptions } from './measuring-options.ts'
import { pageOfTwo } from './record-page.ts'
import { assertDeliverable, type Delivery, deliver, reportOptions } from './report-delivery.ts'
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
    .addOption(measuringOptions.boundary)
    .addOption(measuringOptions.budget)
    .addOption(measuringOptions.margin)
    .addOption(measuringOptions.seed)
    .addOption(measuringOptions.set)
    .option('--out <dir>', 'where records are kept', 'results')
    .addOption(reportOptions.md)
    .addOption(reportOptions.html)
    .option('--json', 'print the record, or what two records differ by, and nothing else', false)
    .option('--quiet', 'no progress', false)
    .option('--no-color', 'no colours (as NO_COLOR)')
    .action(async (one, other, options, command) => {
      assertDeliverable(options)
      const paths = pairOf(one, other)
      if (paths === null) return measureSideBySide(options, null)
      const [kind, otherKind] = paths.map(kindOf)
      if (kind !== otherKind) {
        throw new UsageError(
          `${one} is a ${kind}, ${other} a ${otherKind}: compare two of the same kind`,
        )
      }
      if (kind === 'checkout') return measureSideBySide(options, paths)
      assertMeasuresNothing(command)
      return compareStored(options, paths)
    })
}

type CompareOptions = RunOptions & RevisionOptions & Delivery & { out: string }

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

/** What comparing two records has a use for. */
const storedOptions = ['margin', 'md', 'html', 'json', 'quiet', 'color']

function assertMeasuresNothing(command: CommandUnknownOpts): void {
  const useless = command.options.filter(option => {
    const name = option.attributeName()
    return command.getOptionValueSource(name) === 'cli' && !storedOptions.includes(name)
  })
  if (useless.length === 0) return
  const flags = useless.map(option => `--${option.name()}`).join(' and ')
  throw new UsageError(`two records are compared by themselves: leave ${flags} out`)
}

async function compareStored(
  { margin, ...delivery }: CompareOptions,
  [basePath, headPath]: [string, string],
): Promise<void> {
  const fileOf = (path: string): RecordFile => ({
    path,
    record: reanalysed(loadRecord(path), margin),
  })
  const [base, head] = [fileOf(basePath), fileOf(headPath)]
  const compared = compareRecords(base.record, head.record, margin)
  const model = comparisonModel(base, head, compared)
  const data = { base: basePath, head: headPath, ...compared }
  const page = () => pageOfTwo(model, base, head)
  await deliver({ model, data, page }, { ...delivery, quiet: false })
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
  const warnings = [...new Set(revisions.flatMap(staleBuildWarningsOf))]
  const plan = { ...planned, revisions, warnings }
  try {
    await carryOut(plan, options, progress, signal)
  } finally {
    release()
  }
}

/** What was built from a ref is as new as that; a command is its owner's affair. */
function staleBuildWarningsOf({ source }: Revision): string[] {
  if (source === null || source.ref !== null || source.command !== null) return []
  return staleBuildWarnings(source.directory ?? ownCheckout)
}

function areSame([base, head]: readonly [Revision, Revision]): boolean {
  const [one, other] = [base.source, head.source]
  if (one === null || other === null || one.gitSha === null) return false
  return one.gitSha === other.gitSha && one.dirty === false && other.dirty === false
}
