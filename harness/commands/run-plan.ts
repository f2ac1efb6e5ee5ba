import { randomInt } from 'node:crypto'
import { dispatch } from '../../scenarios/dispatch/index.ts'
import { findScenario, scenarioNames } from '../../scenarios/index.ts'
import { type Scenario, SettingError, type Workload } from '../../scenarios/scenario.ts'
import type { Settings } from '../../scenarios/settings.ts'
import { dispatchBackends } from '../dispatch/measure.ts'
import { UsageError } from '../errors.ts'
import { FLOOR, knownBackends, participants } from '../participants.ts'
import { choosePinning } from '../pinning.ts'
import { fixedRounds, type Plan, sequentialRounds } from '../plan.ts'
import type { Schedule } from '../record.ts'
import { thisRevision } from '../revision.ts'

/** As given on the command line. */
export interface RunOptions {
  scenario: string[]
  backend?: string[] | undefined
  rounds?: number | 'max' | undefined
  boundary: Schedule['boundary']
  budget?: number | undefined
  margin: number
  seed?: number | undefined
  set: string[]
}

/** @throws UsageError for what does not exist, cannot be, or cannot take part */
export function planOf(options: RunOptions): Plan {
  const asked = workloadsOf(options)
  const withDispatch = options.scenario.includes(dispatch.name)
  const backends = backendsOf(options.backend, asked, withDispatch)
  const measurements = asked.map(workload => ({
    workload,
    label: workload.label,
    backends: participants(backends, workload),
    schedule: scheduleFor(options, workload),
  }))
  return {
    measurements: measurements.filter(({ backends: able }) => able.length > 0),
    leftOut: asked.filter(workload => participants(backends, workload).length === 0),
    backends,
    revisions: [thisRevision],
    dispatchRounds: withDispatch ? dispatchRounds(options) : 0,
    budgetMs: options.budget,
    marginPercent: options.margin,
    seed: options.seed ?? randomInt(2 ** 32),
    pinning: choosePinning(),
  }
}

function scheduleFor({ rounds, boundary }: RunOptions, workload: Workload): Schedule {
  return rounds === 'max' ? sequentialRounds(boundary) : fixedRounds(rounds, workload)
}

/** It is no comparison, so there is no verdict to wait for. */
function dispatchRounds({ rounds }: RunOptions): number {
  return rounds === 'max' ? dispatch.rounds : (rounds ?? dispatch.rounds)
}

function workloadsOf({ scenario: names, set }: RunOptions): Workload[] {
  const driven = names.filter(name => name !== dispatch.name)
  const chosen = [...new Set(driven)].map(scenarioNamed)
  const settings = settingsOf(set)
  assertOwned(settings, chosen)
  try {
    return chosen.flatMap(scenario => scenario.workloads(settingsFor(scenario, settings)))
  } catch (error) {
    if (error instanceof SettingError) throw new UsageError(error.message)
    throw error
  }
}

function scenarioNamed(name: string): Scenario {
  const scenario = findScenario(name)
  if (scenario !== undefined) return scenario
  throw new UsageError(`no scenario "${name}"; known: ${scenarioNames.join(', ')}`)
}

/** A setting that some of the scenarios have is for these. */
function settingsFor({ settings }: Scenario, given: Settings): Settings {
  return new Map([...given].filter(([key]) => settings.some(({ name }) => name === key)))
}

function assertOwned(given: Settings, chosen: readonly Scenario[]): void {
  const owned = new Set(chosen.flatMap(({ settings }) => settings.map(({ name }) => name)))
  const unknown = [...given.keys()].find(key => !owned.has(key))
  if (unknown === undefined) return
  if (owned.size === 0) throw new UsageError(`no setting "${unknown}": ${dispatch.name} has none`)
  const which = chosen.map(({ name }) => name).join(', ')
  const known = [...owned].join(', ')
  throw new UsageError(`no setting "${unknown}" in ${which}; known: ${known}`)
}

/** All that can take part, or those given, each of which must be able to take part somewhere. */
function backendsOf(
  names: string[] | undefined,
  workloads: readonly Workload[],
  withDispatch: boolean,
): string[] {
  if (names === undefined) return knownBackends
  const unknown = names.find(name => !knownBackends.includes(name))
  if (unknown !== undefined) {
    throw new UsageError(`no backend "${unknown}"; known: ${knownBackends.join(', ')}`)
  }
  if (names.every(name => name === FLOOR)) {
    throw new UsageError(`${FLOOR} is only measured beside others: name one more backend`)
  }
  const idle = names.find(
    name =>
      !workloads.some(workload => participants(names, workload).includes(name)) &&
      !(withDispatch && dispatchBackends([name]).length > 0),
  )
  if (idle !== undefined) {
    throw new UsageError(
      `${idle} can take part in none of the chosen workloads: it does not speak their protocols, ` +
        'or has no send modes to choose from',
    )
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
