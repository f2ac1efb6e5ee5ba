import { findScenario } from '../../scenarios/index.ts'
import type { Workload } from '../../scenarios/scenario.ts'

/** A workload whose counters are gated. */
export interface CountedWorkload {
  /** Unique: the baseline knows it by this. */
  name: string
  /** What counts are divided by: one of what the driver reports as messages. */
  unit: string
  /**
   * Whether subjects have the connections at rest that they have while they work: then an iteration of
   * the poll loop in which nothing occurs counts the same, and can be subtracted.
   */
  restsConnected: boolean
  /** Counters that timing decides here, on an overloaded machine at least: they are not compared. */
  timed?: readonly string[]
  /** Those that can take part are counted; without it, all that are asked for. */
  backends?: readonly string[]
  /** Its slices are counted, and not timed. */
  workload: Workload
}

/** A workload as counters are read from it: so many slices of so much work. */
interface LockStep extends Omit<CountedWorkload, 'backends' | 'workload'> {
  scenario: string
  set: Record<string, string>
  warmUp: number[]
  slices: number
  sliceWork: number
}

/**
 * Workloads over real sockets in which nothing overlaps, so that what is counted does not depend on how
 * fast anybody is: one connection, and one thing in flight on it. A slice of one block is the block and
 * the ping behind it, in one sendmsg(2); the next is sent when the pong is back.
 */
const lockSteps: readonly LockStep[] = [
  {
    name: 'ibd, 300-byte blocks',
    unit: 'block',
    restsConnected: true,
    scenario: 'ibd',
    set: { profile: 'small', 'slice-blocks': '1', slices: '200' },
    warmUp: [200],
    slices: 200,
    sliceWork: 1,
  },
  {
    // Loopback takes up to 65,483 bytes at a time: two recvs, whoever is faster.
    name: 'ibd, 110,000-byte blocks',
    unit: 'block',
    restsConnected: true,
    scenario: 'ibd',
    set: { profile: '110000', 'slice-blocks': '1', slices: '100' },
    // Past the small blocks that every chain begins with.
    warmUp: [4_000, 20],
    slices: 60,
    sliceWork: 1,
  },
  {
    // The loop sends, after a timeout or at once: without the timeouts that is the same number of polls.
    name: 'ibd, queued',
    unit: 'block',
    restsConnected: true,
    scenario: 'ibd',
    set: { profile: 'small', mode: 'queued', 'slice-blocks': '1', slices: '20' },
    warmUp: [2],
    slices: 12,
    sliceWork: 1,
  },
  {
    name: 'http, 1 connection',
    unit: 'request',
    restsConnected: false,
    scenario: 'http',
    set: { connections: '1', workers: '0' },
    warmUp: [200],
    slices: 2,
    sliceWork: 250,
  },
  {
    name: 'http, 1 connection, 1 worker',
    unit: 'request',
    restsConnected: false,
    // The loop may look before or after the worker has answered.
    timed: ['waitSetEntries'],
    scenario: 'http',
    set: { connections: '1', workers: '1' },
    warmUp: [200],
    slices: 2,
    sliceWork: 250,
  },
  {
    // In slices of one, since the end of a connection may come together with the beginning of the next.
    name: 'http, a connection for each request',
    unit: 'request',
    restsConnected: false,
    // One poll may tell of a connection and of what was sent on it.
    timed: ['collectionsMade', 'lookups', 'pollWakeUps', 'syscall.poll', 'waitSetEntries'],
    scenario: 'http',
    set: { connections: '1', workers: '0', connection: 'new' },
    warmUp: [200],
    slices: 50,
    sliceWork: 1,
  },
  {
    name: 'push, optimistic',
    unit: 'message',
    restsConnected: true,
    scenario: 'push',
    set: { mode: 'optimistic', 'mean-interval-us': '1000' },
    warmUp: [50],
    slices: 100,
    sliceWork: 1,
  },
  {
    name: 'push, queued',
    unit: 'message',
    restsConnected: true,
    scenario: 'push',
    set: { mode: 'queued', 'mean-interval-us': '1000' },
    warmUp: [2],
    slices: 12,
    sliceWork: 1,
  },
  {
    name: 'outbound-http, 1 connection',
    unit: 'request',
    restsConnected: true,
    scenario: 'outbound-http',
    set: { mode: 'optimistic', 'keep-alive': 'yes' },
    warmUp: [200],
    slices: 1,
    sliceWork: 200,
  },
]

/** For what an idle poll counts: three timeouts of the loop. */
const REST_MS = 160

/** What is counted unless something else is asked for. */
export const countedWorkloads: readonly CountedWorkload[] = lockSteps.map(lockStep => {
  const { scenario, set, warmUp, slices: countingSlices, sliceWork, ...counting } = lockStep
  const [workload] = findScenario(scenario)?.workloads(new Map(Object.entries(set))) ?? []
  if (workload === undefined) throw new Error(`no scenario ${scenario}`)
  return { ...counting, workload: { ...counted(workload), warmUp, countingSlices, sliceWork } }
})

/** Any workload, with as many counting slices as it has: most of its counts will differ by chance. */
export function countedWorkload(workload: Workload, backends: readonly string[]): CountedWorkload {
  const { scenario, label, services } = workload
  const unit = workload.unit === 'GB' ? 'block' : workload.unit
  const restsConnected = services.every(({ protocol }) => protocol !== 'http')
  const name = `${scenario}, ${label}`
  return { name, unit, restsConnected, backends, workload: counted(workload) }
}

function counted(workload: Workload): Workload {
  return { ...workload, slices: 0, idleMs: REST_MS }
}
