import { randomInt } from 'node:crypto'
import { Command } from '@commander-js/extra-typings'
import { configure } from '../configuration/configure.ts'
import type { GateConfig } from '../configuration/define-config.ts'
import type { ResolvedConfiguration } from '../configuration/resolved.ts'
import {
  type CounterBaseline,
  committedCounterBaseline,
  loadCounterBaseline,
} from '../counters/counter-baseline.ts'
import type { CountingObserver } from '../counters/measure-counters.ts'
import { updateCounters } from '../counters/update-counters.ts'
import { toolIdentity } from '../environment.ts'
import { Interrupted, UsageError } from '../errors.ts'
import { watchClock } from '../gate/clock-watch.ts'
import { defaultBase } from '../gate/default-base.ts'
import { exitCodeOf } from '../gate/exit-code.ts'
import { type Finishing, finishGate } from '../gate/finish.ts'
import { type Gated, gate, type MeasureRounds } from '../gate/gate.ts'
import { type CounterFindings, type GateResult, gateSchemaVersion } from '../gate/gate-result.ts'
import { prepareGateStore } from '../gate/gate-store.ts'
import { counterFile, countingOptions, gateCounters } from '../gate/gated-counters.ts'
import { type GatedMeasurement, gatedMeasurements } from '../gate/gated-measurements.ts'
import { repeatCommand } from '../gate/repeat-command.ts'
import { BASE, HEAD } from '../gate/revision-names.ts'
import { interruptible } from '../interruption.ts'
import { demandMeasuringLock } from '../measuring-lock.ts'
import { choosePinning, type Pinning } from '../pinning.ts'
import type { Plan } from '../plan.ts'
import { print } from '../print.ts'
import { Progress, progressStyle } from '../progress.ts'
import type { RevisionSource } from '../record.ts'
import { terminalStyle } from '../report/terminal.ts'
import type { Revision } from '../revision.ts'
import { ownCheckout } from '../revisions/checkout.ts'
import { headRevision } from '../revisions/revision-of-directory.ts'
import { revisionOfRef } from '../revisions/revision-of-ref.ts'
import { staleBuildWarnings } from '../revisions/stale-build.ts'
import { run } from '../run.ts'
import { type Shard, shard, shardOf, shardText } from '../shard.ts'
import { duration, wholeNumber } from './arguments.ts'
import { commandLine } from './command-line.ts'
import { observerOf } from './run-observer.ts'

/** Fewer have no interval at 95 %. */
const FEWEST_ROUNDS = 6

export function gateCommand() {
  return new Command('gate')
    .description('fail when this checkout is slower than its base: what `gate` of the config lists')
    .option(
      '--base <ref>',
      'a git ref (default: where this branch left the default branch, or the commit before)',
    )
    .option('--head <ref>', 'a git ref (default: this checkout as it is)')
    .option(
      '--rounds <n>',
      'rounds in which all is measured; what looks worse has as many fresh ones',
      wholeNumber(FEWEST_ROUNDS, 10_000),
      8,
    )
    .option('--budget <time>', 'shared by all that is measured, builds apart; as in 8m', duration)
    .option('--strict', 'fail when something is undecided, too', false)
    .option('--no-strict', 'do not, whatever the configuration says')
    .option('--shard <i/n>', 'only this share of what is gated', shard)
    .option(
      '--seed <n>',
      'of every random order; drawn, and stored, if not given',
      wholeNumber(0, 0xffffffff),
    )
    .option('--out <dir>', 'where results are kept', 'results')
    .option('--md <file>', 'write Markdown, as is appended to $GITHUB_STEP_SUMMARY')
    .option('--junit <file>', 'write JUnit XML')
    .option('--benchmark-json <file>', 'write what github-action-benchmark takes')
    .option('--update-counters', 'gate nothing: make what this checkout counts the baseline', false)
    .option('--json', 'print the result on stdout, and nothing else', false)
    .option('--quiet', 'no progress', false)
    .option('--no-color', 'no colours (as NO_COLOR)')
    .option('--config <file>', 'instead of sockbench.config.{js,mjs,json} in this directory')
    .action(async (_given, command) => {
      const { section, resolved } = await configure(command, 'gate')
      const options = { ...command.opts(), resolved }
      if (options.updateCounters) refuseWhatGates(resolved)
      const config = section ?? (options.updateCounters ? { comparisons: [] } : notConfigured())
      const gated = shareOf(gatedMeasurements(config.comparisons, options.rounds), options.shard)
      const session = { options, config, gated, ...speaking(options.quiet) }
      const release = demandMeasuringLock('sockbench gate')
      try {
        if (options.updateCounters) await updateBaseline(session)
        else process.exitCode = await gateAndTell(session)
      } finally {
        release()
      }
    })
}

/** Said on this command line; what a file says is for gating. */
function refuseWhatGates({ values }: ResolvedConfiguration): void {
  const given = ['base', 'head', 'shard', 'strict'].find(name => values[name]?.source === 'flag')
  if (given === undefined) return
  throw new UsageError(
    `--update-counters gates nothing, and counts this checkout as it is: leave --${given} out`,
  )
}

interface Options {
  base?: string | undefined
  head?: string | undefined
  rounds: number
  budget?: number | undefined
  strict: boolean
  shard?: Shard | undefined
  seed?: number | undefined
  out: string
  md?: string | undefined
  junit?: string | undefined
  benchmarkJson?: string | undefined
  json: boolean
  color: boolean
  resolved: ResolvedConfiguration
}

interface Session {
  readonly options: Options
  readonly config: GateConfig
  /** Of this shard. */
  readonly gated: readonly GatedMeasurement[]
  readonly signal: AbortSignal
  readonly progress: Progress
}

function notConfigured(): never {
  throw new UsageError(
    'nothing is gated here: write sockbench.config.json, such as ' +
      '{"gate": {"comparisons": [{"scenario": "ibd", "set": {"profile": "large", "peers": 1}, "marginPercent": 2}]}}',
  )
}

function speaking(quiet: boolean): Pick<Session, 'signal' | 'progress'> {
  return {
    signal: interruptible(),
    progress: new Progress(progressStyle(process.stderr, quiet)),
  }
}

/** @returns the exit code */
async function gateAndTell(session: Session): Promise<number> {
  const { options, config, gated, progress } = session
  const baseline = counterBaselineOf(session)
  prepareGateStore(options.out)
  const clockJump = watchClock()
  const startedAt = new Date().toISOString()
  const startMs = performance.now()
  const revisions = await revisionsOf(session)
  const [base, head] = revisions.map(sourceOf)
  const measuringMs = performance.now()
  const pinning = choosePinning()
  const counters =
    baseline === null ? null : await countersOf(session, baseline, revisions[1], pinning)
  const seed = options.seed ?? randomInt(2 ** 32)
  const request = {
    gated,
    revisions,
    seed,
    pinning,
    waits: config.waits ?? true,
    budgetMs:
      options.budget === undefined ? undefined : options.budget - (performance.now() - measuringMs),
    repeat: (one: GatedMeasurement, marginPercent: number | null) =>
      repeatCommand(one, marginPercent, { base, head }),
  }
  const found = await gate(request, measuring(session, seed))
  progress.clear()
  const { comparisons, waits, screening } = found
  const failures = [...screening.failures, ...(found.confirmation?.failures ?? [])]
  const judged = { comparisons, waits, counters, failures, strict: options.strict }
  const result: GateResult = {
    gateSchemaVersion,
    tool: toolIdentity(),
    base,
    head,
    sources: [
      {
        startedAt,
        durationMs: performance.now() - startMs,
        seed,
        command: commandLine(seed),
        shard: options.shard === undefined ? null : shardText(options.shard),
        environment: screening.environment,
      },
    ],
    configuration: options.resolved,
    ...judged,
    warnings: [...revisionWarnings(base, head), ...clockJump(), ...measuredWarnings(found)],
    exitCode: exitCodeOf(judged),
  }
  return finishGate(result, found, finishingOf(options))
}

function shareOf(
  gated: readonly GatedMeasurement[],
  part: Shard | undefined,
): readonly GatedMeasurement[] {
  if (part === undefined) return gated
  const mine = shardOf(
    gated.map(({ measurement }) => measurement),
    part,
  )
  return gated.filter(({ measurement }) => mine.includes(measurement))
}

async function revisionsOf({ options, signal, progress }: Session): Promise<[Revision, Revision]> {
  const building = { note: (line: string) => progress.note(line), signal }
  const baseRef = options.base ?? defaultBase(options.head)
  const base = await revisionOfRef(BASE, baseRef, building)
  const head =
    options.head === undefined
      ? headRevision(HEAD)
      : await revisionOfRef(HEAD, options.head, building)
  return [base, head]
}

function sourceOf({ name, source }: Revision): RevisionSource {
  if (source === null) throw new Error(`revision ${name} has no source`)
  return source
}

/** Counters are the first shard's. Null where they are not gated. A commit has a baseline of its own. */
function counterBaselineOf({ config, options }: Session): CounterBaseline | null {
  const { counters = {} } = config
  if (counters === false || (options.shard?.number ?? 1) > 1) return null
  const file = counterFile(counters)
  const { head } = options
  return head === undefined ? loadCounterBaseline(file) : committedCounterBaseline(file, head)
}

async function countersOf(
  session: Session,
  baseline: CounterBaseline,
  revision: Revision,
  pinning: Pinning | null,
): Promise<CounterFindings> {
  const { signal, config } = session
  const counting = { revision, pinning, signal, observer: countingObserver(session) }
  const found = await gateCounters(config.counters || {}, baseline, counting)
  if (signal.aborted) throw interrupted()
  return found
}

function countingObserver({ progress }: Session): CountingObserver {
  return {
    countingStarts: ({ name }) => progress.show(`counting ${name}`),
    preparing: ({ scenario, label }) => progress.show(`preparing ${scenario} ${label}`),
    warning: ({ label }, line) => progress.note(`${label}: ${line}`),
  }
}

function measuring({ options, signal, progress }: Session, seed: number): MeasureRounds {
  return async (of, planned) => {
    const plan: Plan = { ...planned, options: options.resolved }
    const names = plan.measurements.map(({ workload, label }) => `${workload.scenario} ${label}`)
    progress.note(`${of}: ${names.join('; ')}`)
    const observer = { ...observerOf(plan, progress), concluded: () => {} }
    const record = await run(plan, commandLine(seed), signal, observer)
    if (signal.aborted) throw interrupted()
    return record
  }
}

function interrupted(): Interrupted {
  return new Interrupted('interrupted: a gate says nothing before its end, and nothing is stored')
}

function revisionWarnings(base: RevisionSource, head: RevisionSource): string[] {
  const same = base.gitSha === head.gitSha && head.dirty === false
  return [
    ...(same ? ['base and head are the same commit: this gate compares it with itself'] : []),
    ...(head.ref === null ? staleBuildWarnings(ownCheckout) : []),
  ]
}

/** Most are about the workload, and the same both times. */
function measuredWarnings({ screening, confirmation }: Gated): string[] {
  return [...new Set([...screening.warnings, ...(confirmation?.warnings ?? [])])]
}

function finishingOf({ out, md, junit, benchmarkJson, json, color }: Options): Finishing {
  const style = terminalStyle(process.stdout, process.env)
  return {
    out,
    files: { stepSummary: process.env.GITHUB_STEP_SUMMARY, md, junit, benchmarkJson },
    json,
    colour: style.colour && color,
    annotate: process.env.GITHUB_ACTIONS === 'true',
    print,
    say: text => process.stderr.write(text),
  }
}

/** Of this checkout as it is. */
async function updateBaseline(session: Session): Promise<void> {
  const { config, signal, progress } = session
  const counters = config.counters || {}
  const file = counterFile(counters)
  const counting = { revision: headRevision(HEAD), pinning: choosePinning(), signal }
  const observer = countingObserver(session)
  const changes = await updateCounters(file, countingOptions(counters, { ...counting, observer }))
  progress.clear()
  const warnings = staleBuildWarnings(ownCheckout).map(warning => `warning: ${warning}`)
  print([...warnings, ...changes, `${file} is what this checkout counts; commit it\n`].join('\n'))
}
