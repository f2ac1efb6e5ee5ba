import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  type ClinicToolName,
  type clinicThreads,
  clinicTools,
} from '../profile/clinic/tools.ts'
import { slicesForWindow } from '../profile/window.ts'
import { Progress, progressStyle } from '../progress.ts'
import { replaceFile } from '../replace-file.ts'
import { observerOf } from './run-observer.ts'
import { planOf } from './run-plan.ts'

/** What `sockbench profile` was asked for, where the tool is one of clinic's. */
export interface ClinicOptions {
  tool: ClinicToolName
  scenario: string
  backend?: string[] | undefined
  set: string[]
  window: number
  thread: (typeof clinicThreads)[number]
  out: string
  quiet: boolean
}

/** @throws UsageError without clinic; RunError where it left nothing of use */
export async function profileInClinic(options: ClinicOptions): Promise<void> {
  const { window: windowMs, thread } = options
  const backend = onlyBackend(options)
  const clinic = findClinic()
  if (clinic === undefined) throw new UsageError(installClinic)
  const tool = clinicTools[options.tool]
  const plan = planFor(options, backend)
  const [measurement] = plan.measurements
  if (measurement === undefined) {
    throw new UsageError(`${options.scenario} has no subjects that a driver loads; choose another`)
  }
  const out = join(options.out, 'profiles')
  prepareOut(out)
  const progress = new Progress(progressStyle(process.stderr, options.quiet))
  const signal = interruptible()
  for (const line of measuringWarnings('sockbench profile')) progress.note(line)
  const { workload } = measurement
  progress.show(`${tool.name}: ${workload.scenario} (${workload.label}), ${backend}`)
  const session = { clinic, tool, thread, backend, workload, windowMs, patienceMs: PATIENCE_MS }
  const directory = mkdtempSync(join(tmpdir(), 'sockbench-clinic-'))
  try {
    const profile = await profileWithClinic(session, directory, signal, observerOf(plan, progress))
    progress.clear()
    if (signal.aborted) throw new Interrupted('interrupted; nothing is kept')
    if (profile.state === 'failed') throw new RunError(profile.reason)
    const name = `${stamp()}-${tool.name}-${workload.scenario}-${backend}`
    const page = keep(profile, join(out, name))
    print(report(profile, tool, measurement, backend, clinic.version, page))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function onlyBackend({ tool, backend }: ClinicOptions): string {
  const [only, ...others] = backend ?? []
  if (only !== undefined && others.length === 0) return only
  throw new UsageError(`${tool} profiles one backend: name it with --backend`)
}

function planFor({ scenario, set, window }: ClinicOptions, backend: string) {
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
