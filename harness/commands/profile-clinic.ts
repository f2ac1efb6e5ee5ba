import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from '@commander-js/extra-typings'
import { scenarioNames } from '../../scenarios/index.ts'
import { Interrupted, RunError, UsageError } from '../errors.ts'
import { interruptible } from '../interruption.ts'
import { measuringWarnings } from '../measuring-lock.ts'
import type { Measurement } from '../plan.ts'
import { planDefaults } from '../plan.ts'
import { print } from '../print.ts'
import { findClinic, installClinic } from '../profile/clinic/find-clinic.ts'
import { type ClinicProfile, PATIENCE_MS, profileWithClinic } from '../profile/clinic/session.ts'
import {
  type ClinicTool,
  clinicThreads,
  clinicToolNames,
  clinicTools,
} from '../profile/clinic/tools.ts'
import { slicesForWindow } from '../profile/window.ts'
import { Progress, progressStyle } from '../progress.ts'
import { replaceFile } from '../replace-file.ts'
import { duration, oneOf, repeatable } from './arguments.ts'
import { observerOf } from './run-observer.ts'
import { planOf } from './run-plan.ts'

export function profileClinicCommand() {
  return new Command('profile-clinic')
    .description('show one backend in a scenario to clinic, where that is installed')
    .requiredOption('--tool <name>', clinicToolNames.join(', '), oneOf(clinicToolNames))
    .requiredOption('--scenario <name>', `one of ${scenarioNames.join(', ')}`)
    .requiredOption('--backend <name>', 'whose subject it is')
    .option(
      '--set <key=value>',
      'a setting of the scenario; repeatable',
      repeatable,
      [] as string[],
    )
    .option('--window <time>', 'how long the subject works, as in 10s', duration, 10_000)
    .option(
      '--thread <name>',
      `clinic-flame shows one: ${clinicThreads.join(', ')}`,
      oneOf(clinicThreads),
      'socket' as const,
    )
    .option('--out <dir>', 'where the page and its data are kept', 'results/profiles')
    .option('--quiet', 'no progress', false)
    .action(async options => {
      const clinic = findClinic()
      if (clinic === undefined) throw new UsageError(installClinic)
      const { backend, window: windowMs, thread, out } = options
      const tool = clinicTools[options.tool]
      const measurement = measurementOf(options)
      prepareOut(out)
      const progress = new Progress(progressStyle(process.stderr, options.quiet))
      const signal = interruptible()
      for (const line of measuringWarnings('sockbench profile-clinic')) progress.note(line)
      const { workload } = measurement
      progress.show(`${tool.name}: ${workload.scenario} (${workload.label}), ${backend}`)
      const session = { clinic, tool, thread, backend, workload, windowMs, patienceMs: PATIENCE_MS }
      const observer = observerOf(planFor(options), progress)
      const directory = mkdtempSync(join(tmpdir(), 'sockbench-clinic-'))
      try {
        const profile = await profileWithClinic(session, directory, signal, observer)
        progress.clear()
        if (signal.aborted) throw new Interrupted('interrupted; nothing is kept')
        if (profile.state === 'failed') throw new RunError(profile.reason)
        const name = `${stamp()}-${tool.name}-${workload.scenario}-${backend}`
        const page = keep(profile, join(out, name))
        print(report(profile, tool, measurement, backend, clinic.version, page))
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    })
}

interface Options {
  scenario: string
  backend: string
  set: string[]
  window: number
}

/** The first workload that was asked for. */
function measurementOf(options: Options): Measurement {
  const [measurement] = planFor(options).measurements
  if (measurement !== undefined) return measurement
  throw new UsageError(`${options.scenario} has no subjects that a driver loads; choose another`)
}

function planFor({ scenario, backend, set, window }: Options) {
  return planOf({
    scenario: [scenario],
    backend: [backend],
    boundary: planDefaults.boundary,
    margin: planDefaults.marginPercent,
    set: [...set, ...slicesForWindow(scenario, set, window)],
  })
}

function prepareOut(out: string): void {
  try {
    mkdirSync(out, { recursive: true })
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new RunError(`cannot keep profiles in ${out}: ${cause}; choose another place with --out`)
  }
}

function stamp(): string {
  return new Date().toISOString().replaceAll(/[-:.]/g, '')
}

/** The data first, so that a page is never without. @returns the path of the page */
function keep({ page, data }: ClinicProfile, path: string): string {
  const unfinished = `${path}.${process.pid}.tmp`
  try {
    cpSync(data, unfinished, { recursive: true })
    renameSync(unfinished, `${path}.data`)
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  replaceFile(`${path}.html`, readFileSync(page))
  return `${path}.html`
}

function report(
  { worked, seen }: ClinicProfile,
  tool: ClinicTool,
  { workload }: Measurement,
  backend: string,
  version: string | null,
  page: string,
): string {
  const seconds = (worked.elapsedMs / 1000).toFixed(1)
  const work = `${backend}, ${workload.scenario} (${workload.label}): ${seconds} s, ${worked.slices} slices, and the start and warm-up before them`
  return [
    `${tool.name} (clinic ${version ?? 'of unknown version'}, Node ${process.versions.node}): ${work}`,
    `It saw: ${seen}.`,
    `It cannot see: ${tool.blindness}.`,
    'No figure of this run is a measurement: clinic slows what it records.',
    `Page: ${page}, its data beside it`,
    '',
  ].join('\n')
}
