import { getAffinity, pinProcess } from '../implementations/sock/affinity.ts'
import { mulberry32 } from '../scenarios/random.ts'
import type { Workload } from '../scenarios/scenario.ts'
import { analyse } from './analysis/analyse.ts'
import { analyseDispatch } from './dispatch/analyse.ts'
import { dispatchBackends, measureDispatch } from './dispatch/measure.ts'
import type { DispatchResult } from './dispatch/record.ts'
import { type Fingerprint, fingerprint, toolIdentity } from './environment.ts'
import { readLoad } from './machine-files.ts'
import { sharedCoreWarning } from './pinning.ts'
import { type Measurement, type Plan, socketBufferSizes } from './plan.ts'
import type { Failure, ProcessSample, ScenarioResult, SockbenchRecord } from './record.ts'
import { schemaVersion } from './record.ts'
import { measureWorkload, type RoundsObserver } from './rounds.ts'
import type { Rounds } from './statistics/sequential.ts'
import { unfinishedWarnings } from './unfinished.ts'

export interface RunObserver extends RoundsObserver {
  dispatchRoundStarts: (round: number) => void
  /** The record as it is after another workload. */
  concluded: (soFar: SockbenchRecord) => void
}

/** Carries out a plan. What was finished before the signal was aborted is in the record. */
export async function run(
  plan: Plan,
  command: string,
  signal: AbortSignal,
  observer: RunObserver,
): Promise<SockbenchRecord> {
  if (plan.pinning === null) return measured(plan, command, signal, observer)
  const allowed = getAffinity()
  try {
    return await measured(plan, command, signal, observer)
  } finally {
    // The next plan is to find the CPUs that this one found.
    pinProcess(process.pid, allowed)
  }
}

async function measured(
  plan: Plan,
  command: string,
  signal: AbortSignal,
  observer: RunObserver,
): Promise<SockbenchRecord> {
  const startedAt = new Date()
  const startMs = performance.now()
  const environment = fingerprint()
  const tool = toolIdentity()
  if (plan.pinning !== null) pinProcess(process.pid, plan.pinning.driver)
  const random = mulberry32(plan.seed)
  const scenarios: ScenarioResult[] = []
  const warnings: string[] = [
    ...machineWarnings(plan, environment),
    ...(plan.warnings ?? []),
    ...plan.leftOut.map(leftOutText),
  ]
  let dispatch: DispatchResult | null = null
  const recordSoFar = (): SockbenchRecord => ({
    schemaVersion,
    tool,
    startedAt: startedAt.toISOString(),
    durationMs: performance.now() - startMs,
    seed: plan.seed,
    command,
    configuration: configurationOf(plan),
    revisions: plan.revisions.flatMap(({ source }) => source ?? []),
    merged: [],
    environment: {
      ...environment,
      loadAfter: readLoad(),
      pinning: plan.pinning,
      socketBufferBytes: socketBufferSizes(plan),
    },
    scenarios,
    dispatch,
    failures: [...scenarios.flatMap(failuresOf), ...dispatchFailures(dispatch, plan)],
    warnings: [...warnings, ...unfinishedWarnings(plan, scenarios, dispatch)],
  })
  let record = recordSoFar()
  const parts = plan.measurements.length + (plan.dispatchRounds > 0 ? 1 : 0)
  for (const [i, measurement] of plan.measurements.entries()) {
    if (signal.aborted) break
    const startOfThis = performance.now()
    const budgetMs = shareOfBudget(plan, startOfThis - startMs, parts - i)
    const judged = (soFar: readonly ProcessSample[], roundsAre: Rounds) =>
      conclude(measurement, soFar, performance.now() - startOfThis, plan, roundsAre)
    const isDecided = (soFar: readonly ProcessSample[]) =>
      judged(soFar, 'to-come').result.comparisons.every(({ verdict }) => verdict !== 'inconclusive')
    const processes = await measureWorkload(
      plan,
      measurement,
      isDecided,
      budgetMs,
      random,
      signal,
      observer,
    )
    if (processes.length === 0) continue
    const { result, problems } = judged(processes, 'over')
    scenarios.push(result)
    warnings.push(...problems)
    record = recordSoFar()
    observer.concluded(record)
  }
  if (plan.dispatchRounds > 0 && !signal.aborted) {
    const budgetMs = shareOfBudget(plan, performance.now() - startMs, 1)
    const options = {
      backends: dispatchBackends(plan.backends),
      rounds: plan.dispatchRounds,
      budgetMs,
      cpus: plan.pinning?.subject ?? null,
    }
    const processes = await measureDispatch(options, random, signal, observer.dispatchRoundStarts)
    if (processes.length > 0) {
      dispatch = analyseDispatch(processes, scenarios)
      record = recordSoFar()
      observer.concluded(record)
    }
  }
  return record
}

/** What is wrong with the machine for this plan, and stays wrong whatever is measured. */
function machineWarnings(plan: Plan, { sysctls }: Fingerprint): string[] {
  const wantedBytes = Math.max(0, ...socketBufferSizes(plan))
  const small = ['net.core.rmem_max', 'net.core.wmem_max'].filter(
    name => Number(sysctls[name] ?? wantedBytes) < wantedBytes,
  )
  const core = sharedCoreWarning(plan.pinning)
  return [
    ...small.map(
      name => `${name} is ${sysctls[name]}: socket buffers are that, and not ${wantedBytes} bytes`,
    ),
    ...(core === undefined ? [] : [core]),
  ]
}

function leftOutText({ scenario, label }: Workload): string {
  return `${scenario} (${label}) was left out: none of the backends can take part in it`
}

/** What is left, divided among the workloads that are left. */
function shareOfBudget(plan: Plan, elapsedMs: number, workloadsLeft: number): number | undefined {
  return plan.budgetMs === undefined ? undefined : (plan.budgetMs - elapsedMs) / workloadsLeft
}

function conclude(
  { workload, label, schedule }: Measurement,
  processes: readonly ProcessSample[],
  durationMs: number,
  { marginPercent }: Plan,
  roundsAre: Rounds,
) {
  const { scenario, parameters, unit, caveats, lives, samplesTogether } = workload
  const measured = {
    scenario,
    parameters: { ...parameters },
    label,
    unit,
    caveats: [...caveats],
    lives,
    samplesTogether,
    schedule,
    processes: [...processes],
  }
  const { conclusions, warnings } = analyse(measured, { marginPercent, roundsAre })
  return { result: { ...measured, durationMs, source: 0, ...conclusions }, problems: warnings }
}

function configurationOf(plan: Plan): SockbenchRecord['configuration'] {
  return {
    measurements: plan.measurements.map(({ workload, backends, schedule }) => ({
      scenario: workload.scenario,
      parameters: { ...workload.parameters },
      backends: [...backends],
      looks: [...schedule.looks],
      boundary: schedule.boundary,
      warmUp: [...workload.warmUp],
      idleMs: workload.idleMs,
    })),
    backends: [...plan.backends],
    shard: plan.shard ?? null,
    dispatchRounds: plan.dispatchRounds,
    budgetMs: plan.budgetMs ?? null,
    marginPercent: plan.marginPercent,
    pinning: plan.pinning && { ...plan.pinning },
    controls: plan.controls ?? { interleaved: true },
    options: plan.options ?? null,
  }
}

function failuresOf({ scenario, label, processes }: ScenarioResult): Failure[] {
  return processes.flatMap(({ round, backend, loops, revision, arm, outcome }) => {
    if (outcome.state === 'completed') return []
    const { stage, reason } = outcome
    return [{ scenario, label, round, backend, loops, revision, arm, stage, reason }]
  })
}

function dispatchFailures(dispatch: DispatchResult | null, { backends }: Plan): Failure[] {
  return (dispatch?.processes ?? []).flatMap(({ round, backend, consumers, outcome }) => {
    if (outcome.state === 'completed') return []
    const arm = backend === backends[0] ? 'A' : 'B'
    const label = consumers === 'one' ? 'one consumer' : 'three consumers'
    const { reason } = outcome
    const program = { backend, loops: null, revision: null }
    return [{ scenario: 'dispatch', label, round, ...program, arm, stage: 'run', reason }]
  })
}
