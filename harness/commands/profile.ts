import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { getAffinity, pinProcess } from '../../implementations/sock/affinity.ts'
import { scenarioNames } from '../../scenarios/index.ts'
import { type Fingerprint, fingerprint, toolIdentity } from '../environment.ts'
import { Interrupted, RunError, UsageError } from '../errors.ts'
import { interruptible } from '../interruption.ts'
import { readLoad } from '../machine-files.ts'
import { measuringWarnings } from '../measuring-lock.ts'
import { choosePinning } from '../pinning.ts'
import { print } from '../print.ts'
import { clinicThreads, clinicToolNames } from '../profile/clinic/tools.ts'
import { nativeTrees } from '../profile/native/native-trees.ts'
import { perfProblem } from '../profile/native/perf.ts'
import { flamegraphPage } from '../profile/page/flamegraph-page.ts'
import { type ProfilePlan, profileDefaults } from '../profile/profile-plan.ts'
import { profileResult } from '../profile/profile-result.ts'
import { ProfileStore } from '../profile/profile-store.ts'
import { profileText } from '../profile/profile-text.ts'
import { Stopwatch } from '../profile/stopwatch.ts'
import { sliceMsOf, type Taken, takeProfiles } from '../profile/take-profiles.ts'
import { threadTrees } from '../profile/thread-trees.ts'
import { barLine, Progress, progressStyle, roundLine } from '../progress.ts'
import { type Revision, thisRevision } from '../revision.ts'
import { duration, list, oneOf, wholeNumber } from './arguments.ts'
import { commandLine } from './command-line.ts'
import { comparedRevisions } from './compared-revisions.ts'
import { measuringOptions } from './measuring-options.ts'
import { profileInClinic } from './profile-clinic.ts'
import {
  type AskedProfile,
  askedProfile,
  type ProfileOptions,
  profiledPrograms,
  profilePlan,
} from './profile-plan.ts'

export function profileCommand() {
  return new Command('profile')
    .description(
      'CPU profiles of each thread while it works: flamegraphs, and where two backends or revisions differ',
    )
    .argument('[base]', 'a checkout that is built, to compare with')
    .argument('[head]', 'another one')
    .option(
      '--tool <name>',
      `inspector; or, where clinic is installed, ${clinicToolNames.join(', ')}`,
      oneOf(['inspector', ...clinicToolNames] as const),
      'inspector' as const,
    )
    .option('--scenario <name>', `one of ${scenarioNames.join(', ')}`, 'ibd')
    .option(
      '--backend <list>',
      'one backend, or two that are compared (default: direct,virtual-sockman)',
      list,
    )
    .addOption(measuringOptions.set)
    .option(
      '--window <time>',
      'how long each backend is sampled, over all rounds',
      duration,
      profileDefaults.windowMs,
    )
    .option(
      '--rounds <n>',
      'rounds of fresh processes',
      wholeNumber(1, MAX_ROUNDS),
      profileDefaults.rounds,
    )
    .option(
      '--interval <µs>',
      'between two samples of a thread',
      wholeNumber(100, 100_000),
      profileDefaults.intervalUs,
    )
    .option(
      '--thread <name>',
      `which thread clinic-flame shows: ${clinicThreads.join(', ')}`,
      oneOf(clinicThreads),
      'socket' as const,
    )
    .option('--native', 'native and kernel frames, too, by perf, in tabs of their own', false)
    .option('--base <ref>', 'a git ref of this checkout, built in a worktree, to compare with')
    .option('--head <ref>', 'another one (default: this checkout as it is)')
    .addOption(measuringOptions.seed)
    .option('--out <dir>', 'where profiles are kept', 'results')
    .option('--quiet', 'no progress', false)
    .action((base, head, { tool, thread, ...options }, command) => {
      const checkouts = pairOf(base, head)
      if (tool === 'inspector') {
        assertNotGiven(command, ['thread'], 'the pages of the inspector have a tab per thread')
        return profile({ ...options, checkouts })
      }
      assertNotGiven(command, ['rounds', 'interval', 'native', 'base', 'head', 'seed'], ONE_RUN)
      if (checkouts !== null) throw new UsageError(`${ONE_RUN}: leave ${base} and ${head} out`)
      return profileInClinic({ ...options, tool, thread })
    })
}

const ONE_RUN = 'clinic looks at one run of one backend of this checkout'

function assertNotGiven(
  command: CommandUnknownOpts,
  names: readonly string[],
  because: string,
): void {
  const given = names.filter(name => command.getOptionValueSource(name) === 'cli')
  if (given.length === 0) return
  throw new UsageError(`${because}: leave ${given.map(name => `--${name}`).join(' and ')} out`)
}

function pairOf(base: string | undefined, head: string | undefined): [string, string] | null {
  if (base === undefined) return null
  if (head !== undefined) return [base, head]
  throw new UsageError(`what is ${base} to be compared with? Name another checkout`)
}

const MAX_ROUNDS = 100

type Options = ProfileOptions & { out: string; quiet: boolean }

async function profile(options: Options): Promise<void> {
  const asked = askedProfile(options)
  const noPerf = options.native ? perfProblem() : null
  if (noPerf !== null) throw new RunError(`--native: ${noPerf}`)
  const startedAt = new Date().toISOString()
  const tool = toolIdentity()
  const store = new ProfileStore(options.out, startedAt, tool.gitSha)
  const progress = new Progress(progressStyle(process.stderr, options.quiet))
  const signal = interruptible()
  const allowed = getAffinity()
  try {
    const { plan, taken, stopwatch, ...circumstances } = await session(
      options,
      asked,
      store.raw,
      progress,
      signal,
    )
    if (signal.aborted) throw interrupted()
    progress.show('reading profiles')
    const { unit } = plan.workload
    const trees = await stopwatch.time('reading profiles', () => [
      ...threadTrees(taken.turns, plan.programs.length, taken.rounds, unit),
      ...nativeTrees(taken.native, plan.programs.length, taken.nativeRounds, unit),
    ])
    const { spentMs } = stopwatch
    const command = commandLine(plan.seed)
    const where = { tool, startedAt, command, spentMs, ...circumstances }
    const result = profileResult(plan, taken, trees, where)
    const path = store.finish(result, trees, flamegraphPage(result, trees))
    progress.clear()
    print(profileText(result, path))
  } catch (error) {
    // What fails after a signal fails because of it.
    throw signal.aborted ? interrupted() : error
  } finally {
    store.discard()
    progress.clear()
    pinProcess(process.pid, allowed)
  }
}

function interrupted(): Interrupted {
  return new Interrupted('interrupted; nothing is kept')
}

/** Everything that takes time: building, sizing, profiling. */
async function session(
  options: Options,
  asked: AskedProfile,
  directory: string,
  progress: Progress,
  signal: AbortSignal,
) {
  const stopwatch = new Stopwatch()
  const environment = fingerprint()
  const warnings = [
    ...asked.notes,
    ...measuringWarnings('sockbench profile'),
    ...loadWarnings(environment),
  ]
  for (const warning of warnings) progress.note(warning)
  const revisions = await stopwatch.time('building revisions', () =>
    revisionsOf(options, progress, signal),
  )
  const pinning = choosePinning()
  if (pinning !== null) pinProcess(process.pid, pinning.driver)
  const programs = profiledPrograms(asked, revisions)
  const observer = observerOf(asked.workload.label, options.rounds, progress)
  const sliceMs = asked.slicesGiven
    ? 1
    : await stopwatch.time('sizing', () =>
        sliceMsOf(asked.workload, programs[0], pinning, signal, observer),
      )
  const plan = profilePlan(asked, programs, options, sliceMs, pinning)
  const taken = await takeProfiles(plan, directory, signal, observer, stopwatch)
  return {
    plan,
    taken,
    stopwatch,
    environment: { ...environment, loadAfter: readLoad(), pinning },
    warnings: [...warnings, ...warningsOn(plan, taken)],
  }
}

/** The window is one of time, and samples come of CPU. */
function loadWarnings({ loadBefore, cpus }: Fingerprint): string[] {
  if (loadBefore <= cpus.length) return []
  return [
    `the load of the last minute was ${loadBefore} on ${cpus.length} CPUs: if others are at work here, less CPU is ` +
      'sampled, and a function must differ by more to be found; wait for them, or give it a longer --window',
  ]
}

function warningsOn({ programs }: ProfilePlan, { turns, failed }: Taken): string[] {
  return [
    ...(turns.every(({ prompt }) => prompt) ? [] : [LATE_SAMPLES]),
    ...failed.map(
      ({ program, round, reason }) =>
        `round ${round + 1} is left out: ${programs[program].name} failed in ${reason}`,
    ),
  ]
}

const LATE_SAMPLES =
  'V8 may not interrupt a busy CPU to take a sample here, so functions that run in short bursts are ' +
  'under-represented; run as root, or allow real-time priority (`ulimit -r 1`, CAP_SYS_NICE)'

async function revisionsOf(
  options: ProfileOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly Revision[]> {
  const { base, head, checkouts } = options
  if (base === undefined && checkouts === null) return [thisRevision]
  const note = (line: string) => progress.note(line)
  return comparedRevisions({ base, head }, checkouts, { note, signal })
}

function observerOf(label: string, rounds: number, progress: Progress) {
  const startMs = performance.now()
  const elapsedMs = () => performance.now() - startMs
  return {
    preparing: (_: unknown, done: number, total: number) => {
      const fraction = done / total
      progress.show(barLine({ label: `preparing ${label}`, fraction, elapsedMs: elapsedMs() }))
    },
    warning: (_: unknown, line: string) => progress.note(line),
    roundStarts: (round: number) =>
      progress.show(roundLine({ round: round + 1, rounds, label, elapsedMs: elapsedMs() })),
    turnFailed: ({ round, reason }: { round: number; reason: string }) =>
      progress.note(`round ${round + 1} failed: ${reason}`),
  }
}
