import type { Environment, Parameters, RevisionSource, SockbenchRecord } from '../record.ts'
import { meanOf, totalsOf } from './cost-tree.ts'
import { ALPHA, type ComparedFunction, comparedFunctions, differenceOf } from './differences.ts'
import type { Frame } from './frame.ts'
import { type FunctionCost, functionsOf } from './functions.ts'
import { type Overhead, overheadOf } from './overhead.ts'
import type { ProfilePlan } from './profile-plan.ts'
import type { Taken } from './take-profiles.ts'
import type { Sampling, ThreadTree } from './thread-trees.ts'
import { unitNames, unitsOf } from './work-units.ts'

/**
 * What `profile.json` holds: no record, and no reader of records takes it for one. All figures are of
 * processes with a profiler in them.
 */
export interface ProfileResult {
  kind: 'sockbench profile'
  version: 1
  note: string
  tool: SockbenchRecord['tool']
  startedAt: string
  seed: number
  command: string
  scenario: string
  label: string
  parameters: Parameters
  /** What CPU is divided by. */
  unit: string
  intervalUs: number
  rounds: number
  warnings: string[]
  environment: Omit<Environment, 'socketBufferBytes'>
  programs: ProgramResult[]
  overheads: Overhead[]
  threads: ThreadResult[]
  /** Null of a single program. */
  comparison: Comparison | null
  spentSeconds: Record<string, number>
}

interface ProgramResult {
  name: string
  slug: string
  backend: string
  loops: string
  revision: RevisionSource | null
  /** With the profiler, over all rounds. */
  measuredSeconds: number
  units: number
}

interface Comparison {
  level: number
  correction: 'Holm'
  tested: number
  significant: number
  /** Fewer could not tell one of so many functions from chance. */
  roundsNeeded: number
}

export interface ThreadResult {
  thread: string
  /** Whether perf looked, which knows the kernel, and not V8. */
  isNative: boolean
  /** By program, CPU ns per unit of work. */
  costNs: number[]
  sampling: Sampling[]
  difference: ComparedFunction['difference'] | null
  functions: FunctionResult[]
}

export interface FunctionResult extends Frame {
  /** By program, CPU ns per unit of work: means over the rounds, and each round's. */
  selfNs: number[]
  totalNs: number[]
  selfNsByRound: number[][]
  difference: ComparedFunction['difference'] | null
  p: number | null
  significant: boolean
  only: ComparedFunction['only']
}

export interface Circumstances {
  tool: SockbenchRecord['tool']
  startedAt: string
  command: string
  warnings: string[]
  environment: Omit<Environment, 'socketBufferBytes'>
  spentMs: Record<string, number>
}

export function profileResult(
  plan: ProfilePlan,
  { turns, rounds }: Taken,
  trees: readonly ThreadTree[],
  circumstances: Circumstances,
): ProfileResult {
  const { workload, programs, intervalUs, seed } = plan
  const functions = new Map(
    trees
      .filter(({ isNative }) => !isNative)
      .map(({ thread, root }) => [thread, functionsOf(root)]),
  )
  const compared = programs.length === 2 ? comparedFunctions(functions) : null
  const { spentMs, ...where } = circumstances
  return {
    kind: 'sockbench profile',
    version: 1,
    note: NOTE,
    ...where,
    seed,
    scenario: workload.scenario,
    label: workload.label,
    parameters: { ...workload.parameters },
    unit: unitNames[workload.unit],
    intervalUs,
    rounds,
    programs: programs.map(({ name, slug, backend, loops, revision }, i) => {
      const slices = turns
        .filter(({ program, profiles }) => program === i && profiles !== null)
        .flatMap(turn => turn.slices)
      const measuredSeconds = slices.reduce((sum, { wallNs }) => sum + wallNs, 0) / 1e9
      const units = unitsOf(slices, workload.unit)
      return { name, slug, backend, loops, revision: revision.source, measuredSeconds, units }
    }),
    overheads: programs.flatMap(({ name }, i) => {
      const ofProgram = turns.filter(({ program }) => program === i)
      return overheadOf(name, ofProgram, workload.unit) ?? []
    }),
    threads: trees.map(tree =>
      threadResult(
        tree,
        functions.get(tree.thread) ?? functionsOf(tree.root),
        compared?.byThread.get(tree.thread),
      ),
    ),
    comparison: compared && {
      level: ALPHA,
      correction: 'Holm',
      tested: compared.tested,
      significant: [...compared.byThread.values()].flat().filter(one => one.significant).length,
      roundsNeeded: compared.roundsNeeded,
    },
    spentSeconds: Object.fromEntries(
      Object.entries(spentMs).map(([what, ms]) => [what, Number((ms / 1000).toFixed(2))]),
    ),
  }
}

const NOTE =
  'every figure here is of processes with a profiler in them: read shares and differences, not times; ' +
  'waits and latencies are not those of a process without one'

function threadResult(
  tree: ThreadTree,
  functions: readonly FunctionCost[],
  compared: readonly ComparedFunction[] | undefined,
): ThreadResult {
  const totals = totalsOf(tree.root).get(tree.root) ?? tree.root.self
  const [first, second] = totals
  const bySelf = functions.toSorted((one, other) => largestSelf(other) - largestSelf(one))
  return {
    thread: tree.thread,
    isNative: tree.isNative,
    costNs: totals.map(meanOf),
    sampling: tree.sampling,
    difference:
      compared === undefined ? null : differenceOf(second.map((cost, i) => cost - first[i])),
    functions: (compared ?? bySelf).map(one => functionResult(one)),
  }
}

function functionResult(one: FunctionCost | ComparedFunction): FunctionResult {
  const compared = 'difference' in one ? one : null
  return {
    ...one.frame,
    selfNs: one.self.map(meanOf),
    totalNs: one.total.map(meanOf),
    selfNsByRound: one.self,
    difference: compared?.difference ?? null,
    p: compared?.p ?? null,
    significant: compared?.significant ?? false,
    only: compared?.only ?? null,
  }
}

function largestSelf({ self }: FunctionCost): number {
  return Math.max(...self.map(meanOf))
}
