import { accessSync, constants, mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Command } from '@commander-js/extra-typings'
import { candidates } from '../../implementations/registry.ts'
import { pinProcess } from '../../implementations/sock/affinity.ts'
import { dispatch } from '../../scenarios/dispatch/index.ts'
import { scenarioNames } from '../../scenarios/index.ts'
import { toolIdentity } from '../environment.ts'
import { RunError, UsageError } from '../errors.ts'
import { interruptible } from '../interruption.ts'
import { measuringWarnings } from '../measuring-lock.ts'
import { type Plan, planDefaults } from '../plan.ts'
import { print } from '../print.ts'
import { Progress, progressStyle } from '../progress.ts'
import { runDirectory } from '../record-store.ts'
import { replaceFile } from '../replace-file.ts'
import { terminalStyle } from '../report/terminal.ts'
import { chromeTrace } from '../trace/trace-json.ts'
import { CAPACITY_EVENTS, type TracedSubject, traceWorkload } from '../trace/trace-subjects.ts'
import { summaryOf, type TraceSummary } from '../trace/trace-summary.ts'
import { traceText } from '../trace/trace-text.ts'
import { duration, list } from './arguments.ts'
import { commandLine } from './command-line.ts'
import { measuringOptions } from './measuring-options.ts'
import { observerOf } from './run-observer.ts'
import { planOf } from './run-plan.ts'

/** A thread's ring and a reader's patience have an end. */
const MOST_WINDOW_MS = 60_000

export function traceCommand() {
  return new Command('trace')
    .description(
      'record the way of each message through a subject, for Perfetto, and where it waits',
    )
    .requiredOption('--scenario <name>', `one of ${drivenScenarios.join(', ')}`)
    .option('--backend <list>', `of ${traceable.join(', ')} (default: all of them)`, list, [
      ...traceable,
    ])
    .addOption(measuringOptions.set)
    .option(
      '--window <time>',
      'how long to record, after the warm-up; as in 500ms or 2s',
      duration,
      1_000,
    )
    .addOption(measuringOptions.seed)
    .option('--out <dir>', 'where traces are kept', 'results')
    .option('--json', 'print the figures as JSON on stdout, and nothing else', false)
    .option('--quiet', 'no progress', false)
    .option('--no-color', 'no colours (as NO_COLOR)')
    .action(async ({ scenario, backend, set, window: windowMs, seed, out, json, quiet, color }) => {
      const plan = tracePlan(scenario, backend, set, seed)
      if (windowMs > MOST_WINDOW_MS) {
        throw new UsageError(`--window is ${MOST_WINDOW_MS / 1_000}s at most`)
      }
      const startedAt = new Date().toISOString()
      const directory = traceDirectory(out, startedAt)
      const progress = new Progress(progressStyle(process.stderr, quiet))
      const signal = interruptible()
      for (const line of measuringWarnings('sockbench trace')) progress.note(line)
      const traced = await traceAll(plan, windowMs, progress, signal)
      progress.clear()
      if (signal.aborted) throw signal.reason
      const done = traced.filter(subject => subject.state === 'traced')
      const summaries = done.map(summaryOf)
      const path = done.length === 0 ? null : save(directory, done, summaries, startedAt, plan.seed)
      if (path !== null) {
        if (json) print(`${JSON.stringify({ trace: path, summaries })}\n`)
        else print(report(summaries, path, color))
      }
      assertAllTraced(traced)
    })
}

/** Those whose loop, queues and handlers are the project's own: where the tracepoints are. */
const traceable: readonly string[] = candidates.map(({ name }) => name)
const drivenScenarios = scenarioNames.filter(name => name !== dispatch.name)

/** @throws UsageError for what cannot be traced */
function tracePlan(
  scenario: string,
  backends: string[],
  set: string[],
  seed: number | undefined,
): Plan {
  if (scenario === dispatch.name) {
    throw new UsageError(
      `${dispatch.name} has no sockets whose messages could be followed; choose one of ${drivenScenarios.join(', ')}`,
    )
  }
  const plan = planOf({
    scenario: [scenario],
    backend: backends,
    rounds: 1,
    set,
    seed,
    margin: planDefaults.marginPercent,
    boundary: planDefaults.boundary,
  })
  const other = backends.find(name => !traceable.includes(name))
  if (other !== undefined) {
    throw new UsageError(
      `${other} has none of the tracepoints: they are in what ${traceable.join(', ')} share`,
    )
  }
  return plan
}

/** @throws RunError before anything is measured, where nothing could be kept */
function traceDirectory(out: string, startedAt: string): string {
  const traces = join(out, 'traces')
  try {
    mkdirSync(traces, { recursive: true })
    accessSync(traces, constants.W_OK)
  } catch (error) {
    throw cannotKeep(traces, error)
  }
  return join(traces, basename(runDirectory(out, startedAt, toolIdentity().gitSha)))
}

function cannotKeep(where: string, error: unknown): RunError {
  const { code, message } = error as NodeJS.ErrnoException
  return new RunError(
    `cannot keep traces in ${where}: ${code ?? message}; choose another place with --out`,
  )
}

async function traceAll(
  plan: Plan,
  windowMs: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<TracedSubject[]> {
  if (plan.pinning !== null) pinProcess(process.pid, plan.pinning.driver)
  const { preparing, warning } = observerOf(plan, progress)
  const observer = {
    preparing,
    warning,
    tracingStarts: ({ scenario, label }: { scenario: string; label: string }, program: string) =>
      progress.show(`tracing ${scenario} ${label}: ${program}`),
  }
  const traced: TracedSubject[] = []
  for (const measurement of plan.measurements) {
    if (signal.aborted) break
    const options = { windowMs, capacityEvents: CAPACITY_EVENTS, signal, observer }
    traced.push(...(await traceWorkload(plan, measurement, options)))
  }
  return traced
}

type Traced = TracedSubject & { state: 'traced' }

/** @returns the path of the trace */
function save(
  directory: string,
  traced: readonly Traced[],
  summaries: readonly TraceSummary[],
  startedAt: string,
  seed: number,
): string {
  const processes = traced.map(({ workload, program, recordings, lives }) => ({
    name: `${program}, ${workload.label}`,
    recordings,
    lives,
  }))
  const trace = chromeTrace(processes, { command: commandLine(seed), startedAt })
  const path = join(directory, 'trace.json')
  try {
    mkdirSync(directory)
    replaceFile(path, JSON.stringify(trace))
    replaceFile(join(directory, 'stages.json'), `${JSON.stringify(summaries, null, 2)}\n`)
  } catch (error) {
    throw cannotKeep(directory, error)
  }
  return path
}

function report(summaries: readonly TraceSummary[], path: string, colour: boolean): string {
  const style = terminalStyle(process.stdout, process.env)
  const text = traceText(summaries, { ...style, colour: style.colour && colour })
  return `${text}\n\n${path}: open it in https://ui.perfetto.dev or chrome://tracing; figures in stages.json beside it\n`
}

function assertAllTraced(traced: readonly TracedSubject[]): void {
  const failed = traced.filter(subject => subject.state === 'failed')
  if (failed.length === 0) return
  const reasons = failed.map(
    ({ workload, program, reason }) => `${workload.label}, ${program}: ${reason}`,
  )
  throw new RunError(`not traced: ${reasons.join('; ')}`)
}
