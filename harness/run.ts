import { pinProcess } from '../implementations/sock/affinity.ts'
import { mulberry32 } from '../scenarios/random.ts'
import type { Workload } from '../scenarios/scenario.ts'
import { analyse } from './analyse.ts'
import { type Fingerprint, fingerprint, toolIdentity } from './environment.ts'
import { readLoad } from './machine-files.ts'
import { sharedCoreWarning } from './pinning.ts'
import type { Plan } from './plan.ts'
import type { Failure, ProcessSample, ScenarioResult, SockbenchRecord } from './record.ts'
import { schemaVersion } from './record.ts'
import { measureWorkload, type RoundsObserver } from './rounds.ts'

export interface RunObserver extends RoundsObserver {
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
  const startedAt = new Date()
  const startMs = performance.now()
  const environment = fingerprint()
  const tool = toolIdentity()
  if (plan.pinning !== null) pinProcess(process.pid, plan.pinning.driver)
  const random = mulberry32(plan.seed)
  const scenarios: ScenarioResult[] = []
  const warnings: string[] = [...machineWarnings(plan, environment)]
  const recordSoFar = (): SockbenchRecord => ({
    schemaVersion,
    tool,
    startedAt: startedAt.toISOString(),
    durationMs: performance.now() - startMs,
    seed: plan.seed,
    command,
    configuration: configurationOf(plan),
    environment: {
      ...environment,
      loadAfter: readLoad(),
      pinning: plan.pinning,
      socketBufferBytes: plan.workloads[0].subject.socketBufferBytes,
    },
    scenarios,
    failures: scenarios.flatMap(failuresOf),
    warnings,
  })
  let record = recordSoFar()
  for (const [i, workload] of plan.workloads.entries()) {
    if (signal.aborted) break
    const budgetMs = shareOfBudget(plan, performance.now() - startMs, plan.workloads.length - i)
    const processes = await measureWorkload(plan, workload, budgetMs, random, signal, observer)
    if (processes.length === 0) continue
    const { result, problems } = conclude(workload, processes, plan)
    scenarios.push(result)
    warnings.push(...problems)
    record = recordSoFar()
    observer.concluded(record)
  }
  return record
}

/** What is wrong with the machine for this plan, and stays wrong whatever is measured. */
function machineWarnings({ pinning, workloads }: Plan, { sysctls }: Fingerprint): string[] {
  const wantedBytes = workloads[0].subject.socketBufferBytes
  const small = ['net.core.rmem_max', 'net.core.wmem_max'].filter(
    name => Number(sysctls[name] ?? wantedBytes) < wantedBytes,
  )
  const core = sharedCoreWarning(pinning)
  return [
    ...small.map(
      name => `${name} is ${sysctls[name]}: socket buffers are that, and not ${wantedBytes} bytes`,
    ),
    ...(core === undefined ? [] : [core]),
  ]
}

/** What is left, divided among the workloads that are left. */
function shareOfBudget(plan: Plan, elapsedMs: number, workloadsLeft: number): number | undefined {
  return plan.budgetMs === undefined ? undefined : (plan.budgetMs - elapsedMs) / workloadsLeft
}

function conclude(workload: Workload, processes: ProcessSample[], { marginPercent }: Plan) {
  const { scenario, parameters, label, unit, caveats } = workload
  const measured = {
    scenario,
    parameters: { ...parameters },
    label,
    unit,
    caveats: [...caveats],
    processes,
  }
  const { estimates, comparisons, warnings } = analyse(measured, { marginPercent })
  return { result: { ...measured, estimates, comparisons }, problems: warnings }
}

function configurationOf(plan: Plan): SockbenchRecord['configuration'] {
  return {
    workloads: plan.workloads.map(({ scenario, parameters, warmUpBlocks }) => ({
      scenario,
      parameters: { ...parameters },
      warmUpBlocks: [...warmUpBlocks],
    })),
    backends: [...plan.backends],
    rounds: plan.rounds,
    budgetMs: plan.budgetMs ?? null,
    marginPercent: plan.marginPercent,
    pinning: plan.pinning && { ...plan.pinning },
  }
}

function failuresOf({ scenario, label, processes }: ScenarioResult): Failure[] {
  return processes.flatMap(({ round, backend, arm, outcome }) => {
    if (outcome.state === 'completed') return []
    const { stage, reason } = outcome
    return [{ scenario, label, round, backend, arm, stage, reason }]
  })
}
