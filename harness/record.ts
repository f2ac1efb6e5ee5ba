import { z } from 'zod'
import { dispatchResult } from './dispatch/record.ts'

/**
 * The record of one run: everything that was measured and what was concluded from it, in one file.
 * Printing, comparing and gating start from here and measure nothing.
 *
 * `z.number()` refuses NaN and infinities, so no such figure can be stored.
 */
export const schemaVersion = 3

const count = z.int().nonnegative()
const durationNs = z.number().nonnegative()
const positive = z.number().positive()
const share = z.number().nonnegative()

/** What identifies a parameter set of a scenario, such as `{ profile: 'large', peers: 1 }`. */
const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

/** What costs are divided by: 10^9 bytes of payload, one message, or one request. */
const workUnit = z.enum(['GB', 'message', 'request'])

/**
 * The reference runs twice in every round, as A and A′; `B` is any other backend; `floor` is the
 * bare receive-and-hash loop that no backend can beat.
 */
const arm = z.enum(['A', "A'", 'B', 'floor'])

/**
 * How the services of a subject share socket threads: one for all, or one for each. Null where a
 * workload is measured in one way only: its parameters say in which, if there is a choice.
 */
const loops = z.enum(['one', 'each']).nullable()

/** By name, one of the record's `revisions`; null where there are none. */
const revision = z.string().nullable()

const stage = z.enum(['start', 'handshake', 'run', 'stop'])

/** CPU time and time spent runnable but not running, summed over the threads of one name. */
const threadTime = z.strictObject({ cpuNs: durationNs, waitNs: durationNs })

/**
 * By thread name as in /proc/PID/task/TID/comm, such as `b-net`; numbered ones (`b-httpworker.0`, …)
 * together, without their number; `other` for all the rest.
 */
const threads = z.record(z.string(), threadTime)

/**
 * How CPU time divides into user mode and kernel, by thread as in `threads`: the kernel's estimate from
 * its ticks.
 */
const modes = z.record(z.string(), z.strictObject({ userNs: durationNs, kernelNs: durationNs }))

/** Totals by name; system calls are named `syscall.recv` and so on. */
const counters = z.record(z.string(), z.number().nonnegative())

/** HdrHistograms in its V2 compressed format, base64; values in ns. */
const latency = z.strictObject({
  /** From the moment each message or request was meant to start. */
  histogram: z.string(),
  /** By how much what set the pace was itself late; null in a closed loop, where answers do. */
  lag: z.strictObject({ of: z.enum(['driver', 'subject']), histogram: z.string() }).nullable(),
})

/** A subject at rest: connected, warmed up, and asked for nothing. */
const idle = z.strictObject({ seconds: positive, threads, counters })

const slice = z.strictObject({
  /** Slices of one group were given to the subjects of a round one after the other. */
  group: count,
  /** Position inside the group. */
  order: count,
  /** Of whole frames or replies, headers included. */
  bytes: count,
  /** Blocks, requests, or messages that arrived. */
  messages: count,
  wallNs: durationNs,
  threads,
  driverCpuNs: durationNs,
  /** Whether every thread slept when CPU time was read, which is up to a tick old where one ran. */
  exact: z.boolean(),
})

const outcome = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('completed'),
    slices: z.array(slice).min(1),
    /** Over all slices; null where the scenario measures none. */
    latency: latency.nullable(),
    /** Null where the workload has no idle window. */
    idle: idle.nullable(),
    /** In slices of their own, after the others. */
    counters,
    /** The work done while `counters` counted. */
    countedUnits: z.strictObject({ bytes: count, messages: count }),
    /** From the first slice to the last; not in the records of an older sockbench. */
    modes: modes.optional(),
  }),
  z.strictObject({ state: z.literal('failed'), stage, reason: z.string() }),
])

/** One subject: a fresh process of one backend in one round. */
const processSample = z.strictObject({
  round: count,
  backend: z.string(),
  loops,
  revision,
  arm,
  outcome,
})

/**
 * `cpu` is subject CPU, `wall` elapsed time, both per unit of work; the next three are shares of
 * `cpu` by thread; `driverCpu` is what the load generator spent. Latencies are percentiles of a
 * process. At rest: CPU as a share of one core, and poll calls.
 */
const metric = z.enum([
  'cpu',
  'wall',
  'cpuSocketThread',
  'cpuHandlers',
  'cpuOther',
  'driverCpu',
  'latencyP50',
  'latencyP90',
  'latencyP99',
  'latencyP999',
  'latencyMax',
  'idleCpu',
  'idlePolls',
])

const metricUnit = z.enum(['s/GB', 'ns/message', 'ns/request', 'µs', 'cores', 'polls/s'])

const estimate = z.strictObject({
  backend: z.string(),
  loops,
  revision,
  arm,
  metric,
  unit: metricUnit,
  /** The median over processes, each of which contributes one figure; of `latencyMax` the largest. */
  value: z.number().nonnegative(),
  low: z.number().nonnegative(),
  high: z.number().nonnegative(),
  /** What `low` and `high` are: a confidence interval of the median, or just smallest and largest. */
  interval: z.enum(['exact95', 'range']),
  rounds: count,
})

const verdict = z.enum(['faster', 'slower', 'equivalent', 'inconclusive', 'invalid'])

/** Costs compared: a ratio above 1 means that `backend` needs more than `baseline`. */
const comparison = z.strictObject({
  /**
   * A′ against A; a backend against the reference that shares socket threads as it does (or the
   * reference against the floor); a backend against itself, which shares them as A does; or against
   * itself in A's revision.
   */
  kind: z.enum(['aa', 'backend', 'loops', 'revision']),
  scenario: z.string(),
  parameters,
  metric,
  unit: metricUnit,
  backend: z.string(),
  loops,
  revision,
  baseline: z.string(),
  baselineLoops: loops,
  baselineRevision: revision,
  ratio: positive,
  /**
   * An interval of `ratio`; null when there were too few rounds for one. Where it could be looked at
   * more than once, all of those intervals together hold with 95 %.
   */
  low: positive.nullable(),
  high: positive.nullable(),
  marginPercent: positive,
  verdict,
  /** The whole interval lies inside the margin; with `slower` this is a small but certain cost. */
  withinMargin: z.boolean(),
  reason: z.string().optional(),
  /** Rounds in which every process that the comparison needs completed, up to the look that counts. */
  rounds: count,
  /** Which of the planned looks this is, from 1; 0 where none was reached. */
  look: count,
  /** The smallest effect that would be found in nine runs of ten; null below two rounds. */
  mdePercent: z.number().nonnegative().nullable(),
  /** How many rounds it would take for that effect to be the margin; null below two rounds. */
  roundsNeeded: z.int().positive().nullable(),
})

/** Whether samples waited for the poll loop's timeout; shares are of all samples. */
const waitVerdict = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('too-few'), samples: count }),
  z.strictObject({ state: z.literal('none'), samples: count, nearTimeoutShare: share }),
  z.strictObject({
    state: z.literal('waits'),
    /** A spike at the timeout, or waits spread evenly below it: whichever accounts for more. */
    kind: z.enum(['at-timeout', 'uniform']),
    samples: count,
    /** Of 45 to 55 ms. */
    nearTimeoutShare: share,
    /** That waited for the timeout, estimated. */
    waitingShare: share,
  }),
])

export const boundaries = ['obrien-fleming', 'pocock'] as const

/**
 * When comparisons are judged, in rounds: decided beforehand, the last look after the most rounds there
 * may be. One look is a fixed number of rounds.
 */
const schedule = z.strictObject({
  looks: z.array(z.int().positive()).min(1).max(8),
  boundary: z.enum(boundaries),
})

const scenarioResult = z.strictObject({
  scenario: z.string(),
  parameters,
  /** For people: `large, 1 peer`. */
  label: z.string(),
  unit: workUnit,
  /** What a reader of its figures must know. */
  caveats: z.array(z.string()),
  /** Whether the subjects of a round were alive at the same time, or one after the other. */
  lives: z.enum(['together', 'alone']),
  schedule,
  /** Of all rounds. */
  durationMs: z.number().nonnegative(),
  /** Index among the records that this one was merged from; 0 in any other. */
  source: count,
  /** How many latencies may have one wait in common, and count as one where they must be independent. */
  samplesTogether: z.int().positive(),
  processes: z.array(processSample),
  estimates: z.array(estimate),
  comparisons: z.array(comparison),
  /** By backend, over all its processes: what the 50 ms detector says. Empty without valid latencies. */
  waits: z.array(z.strictObject({ backend: z.string(), loops, revision, verdict: waitVerdict })),
  /** Backends whose elapsed time is the driver's: no `wall` of them is given. */
  driverBound: z.array(z.strictObject({ backend: z.string(), loops, revision })),
  /** Why nothing is said about latencies, or null. */
  latencyInvalid: z.string().nullable(),
})

const failure = z.strictObject({
  scenario: z.string(),
  label: z.string(),
  round: count,
  backend: z.string(),
  loops,
  revision,
  arm,
  stage,
  reason: z.string(),
})

const environment = z.strictObject({
  cpuModel: z.string(),
  /** The CPUs this process was allowed to use, by number. */
  cpus: z.array(count),
  kernel: z.string(),
  node: z.string(),
  v8: z.string(),
  koffi: z.string(),
  /** cpufreq's governor, null where none is exposed (most virtual machines). */
  governor: z.string().nullable(),
  clockSource: z.string().nullable(),
  /** True under a hypervisor, as the CPU's flags say; null where they cannot be read. */
  virtualised: z.boolean().nullable(),
  /** One-minute load averages. */
  loadBefore: z.number().nonnegative(),
  loadAfter: z.number().nonnegative(),
  memoryBytes: count,
  cgroup: z.strictObject({
    /** The text of cgroup v2's cpu.max, null outside one. */
    cpuMax: z.string().nullable(),
  }),
  /** By name, such as `net.ipv4.tcp_rmem`; those that do not exist are left out. */
  sysctls: z.record(z.string(), z.string()),
  /** CPU numbers, null when nothing was pinned. */
  pinning: z.strictObject({ driver: z.array(count), subject: z.array(count) }).nullable(),
  /** Every SO_SNDBUF and SO_RCVBUF that a workload asks for, smallest first. */
  socketBufferBytes: z.array(count),
})

const tool = z.strictObject({
  version: z.string(),
  /** Null outside a git checkout. */
  gitSha: z.string().nullable(),
  dirty: z.boolean().nullable(),
})

/** Where the subjects of a name came from: a checkout of this project, or any command. */
const revisionSource = z.strictObject({
  name: z.string(),
  /** What was asked for, such as `main`; null for a directory or a command. */
  ref: z.string().nullable(),
  gitSha: z.string().nullable(),
  dirty: z.boolean().nullable(),
  /** Null where it was built from a ref, or is the checkout that the record's `tool` is. */
  directory: z.string().nullable(),
  command: z.string().nullable(),
})

/** What one run says about itself. */
const provenance = {
  tool,
  /** UTC. */
  startedAt: z.iso.datetime(),
  durationMs: z.number().nonnegative(),
  seed: z.int(),
  /** The command line that repeats this run, seed included. */
  command: z.string(),
  environment,
}

export const recordSchema = z.strictObject({
  schemaVersion: z.literal(schemaVersion),
  ...provenance,
  /** The resolved plan: every option and default, by name. */
  configuration: z.record(z.string(), z.json()),
  /** Empty where all subjects were those of this sockbench; else the first is what A runs. */
  revisions: z.array(revisionSource),
  /** The records that this one was put together from, the first of which lent its own provenance. */
  merged: z.array(z.strictObject(provenance)),
  scenarios: z.array(scenarioResult),
  /** Of the first record (source 0) where several were merged; null where it was not measured. */
  dispatch: dispatchResult.nullable(),
  failures: z.array(failure),
  warnings: z.array(z.string()),
})

export type SockbenchRecord = z.infer<typeof recordSchema>
export type ScenarioResult = z.infer<typeof scenarioResult>
export type Schedule = z.infer<typeof schedule>
export type RevisionSource = z.infer<typeof revisionSource>
export type Provenance = z.infer<z.ZodObject<typeof provenance>>
export type ProcessSample = z.infer<typeof processSample>
export type Outcome = z.infer<typeof outcome>
export type Slice = z.infer<typeof slice>
export type Estimate = z.infer<typeof estimate>
export type Comparison = z.infer<typeof comparison>
export type Failure = z.infer<typeof failure>
export type Environment = z.infer<typeof environment>
export type Parameters = z.infer<typeof parameters>
export type Arm = z.infer<typeof arm>
export type Stage = z.infer<typeof stage>
export type Metric = z.infer<typeof metric>
export type MetricUnit = z.infer<typeof metricUnit>
export type WorkUnit = z.infer<typeof workUnit>
export type CpuByThread = z.infer<typeof threads>
export type LatencySample = z.infer<typeof latency>
export type IdleSample = z.infer<typeof idle>
export type Verdict = z.infer<typeof verdict>
export type WaitVerdict = z.infer<typeof waitVerdict>

/** The published JSON Schema of a record, as the text of `results/schema.json`. */
export function recordJsonSchema(): string {
  const schema = z.toJSONSchema(recordSchema, { target: 'draft-2020-12' })
  return `${JSON.stringify({ title: 'sockbench record', ...schema }, null, 2)}\n`
}
