import { setTimeout as sleep } from 'node:timers/promises'
import { pinProcess } from '../implementations/sock/affinity.ts'
import type { LatencyMeasurement, SliceMeasurement } from '../scenarios/driver-protocol.ts'
import type { ServiceTemplate, Workload } from '../scenarios/scenario.ts'
import {
  type Child,
  describeExit,
  describeNoReply,
  type ExitReason,
  startChild,
} from './child-process.ts'
import type { Driver } from './driver.ts'
import { mergedLatency } from './latency.ts'
import { listDirectory, readText } from './machine-files.ts'
import { identityOf, type Plan, type SubjectSpec } from './plan.ts'
import type { IdleSample, Outcome, ProcessSample, Slice, Stage } from './record.ts'
import {
  type CpuModes,
  difference,
  modesBetween,
  type ThreadReadings,
  ThreadSampler,
} from './sampler.ts'
import { readAnswer } from './subject-answer.ts'
import type { SubjectAnswer, SubjectRequest, TracingRequest } from './subject-protocol.ts'
import { addressedServices, templatesFor, threadNamesOf } from './subject-services.ts'
import type { TracedThread } from './trace/traced-thread.ts'

const COUNT_TIMEOUT_MS = 5_000
const TRACE_TIMEOUT_MS = 20_000
const STOP_GRACE_MS = 2_000
/** A process that dies closes its connections first: so long until its end is known here, too. */
const EXIT_NEWS_MS = 1_000

/** What a slice took, without its place among others. */
export type SliceMeasured = Omit<Slice, 'group' | 'order'> & Pick<SliceMeasurement, 'latency'>

type State = { state: 'working'; stage: Stage } | { state: 'failed'; stage: Stage; reason: string }

/**
 * One subject of a round: its process, its slices and what was read off it. The first failure of
 * whatever kind ends it; what was measured before is not used, for a process yields one scalar.
 */
export class MeasuredSubject {
  readonly spec: SubjectSpec
  readonly #driver: Driver
  readonly #workload: Workload
  readonly #services: readonly ServiceTemplate[]
  readonly #slices: Slice[] = []
  readonly #latencies: (LatencyMeasurement | null)[] = []
  #threadsAtFirst: ThreadReadings | undefined
  #threadsAtLast: ThreadReadings | undefined
  #idle: IdleSample | null = null
  #child: Child | undefined
  #childrenTicksAtStart = 0
  #sampler: ThreadSampler | undefined
  #counters: Counts = {}
  readonly #countedUnits = { bytes: 0, messages: 0 }
  #lastDisconnect = ''
  #state: State = { state: 'working', stage: 'start' }

  constructor(spec: SubjectSpec, driver: Driver, workload: Workload) {
    this.spec = spec
    this.#driver = driver
    this.#workload = workload
    this.#services = templatesFor(spec.backend, workload)
  }

  get working(): boolean {
    return this.#state.state === 'working'
  }

  /** -1 before it is started. */
  get pid(): number {
    return this.#child?.pid ?? -1
  }

  /** Starts the process, connects it with the driver, and waits until it can be given work. */
  async start(pinning: Plan['pinning']): Promise<void> {
    const addressed = await addressedServices(this.#services, this.spec.name, this.#driver)
    if (addressed.state === 'failed') return this.#fail(addressed.reason)
    if (!this.working) return
    const { services } = addressed
    const { backend, loops, revision } = this.spec
    const { startTimeoutMs, ...launch } = revision.process
    const child = await startChild({
      ...launch,
      read: readAnswer,
      // On all of them until it runs: five processes start at once.
      cpus: pinning && [...pinning.driver, ...pinning.subject],
    })
    this.#child = child
    child.onMessage(message => this.#listen(message as SubjectAnswer))
    void child.exited.then(reason => this.#exited(reason))
    const { spinsPerRecv } = revision
    const request: SubjectRequest = { kind: 'start', backend, services, loops, spinsPerRecv }
    const started = await child.request(request, isKind('started', 'failed'), startTimeoutMs)
    if (started.state !== 'replied') return this.#fail(describeNoReply(started))
    if (started.message.kind === 'failed') return this.#fail(started.message.reason)
    this.#childrenTicksAtStart = endedChildrenTicks(child.pid)
    this.#failIfChildrenWork()
    if (!this.working) return
    try {
      if (pinning !== null) pinProcess(child.pid, pinning.subject)
    } catch (error) {
      return this.#failUnlessDead(error instanceof Error ? error.message : String(error))
    }
    this.#sampler = new ThreadSampler(child.pid)
    this.#enter('handshake')
    const ready = await this.#driver.awaitReady(this.spec.name, started.message.listening)
    if (ready.kind === 'failed') return this.#failUnlessDead(ready.reason)
    this.#enter('run')
  }

  /** Work that is not measured. */
  async warmUp(work: number): Promise<void> {
    if (!this.working) return
    const done = await this.#driver.serveSlice(this.spec.name, work)
    if (done.kind === 'failed') await this.#failUnlessDead(done.reason)
  }

  /**
   * What it uses while it is asked for nothing. Threads and counters are read as close to each other as
   * can be: a subject that did not sleep in the beginning is not waited for in the end.
   */
  async rest(): Promise<void> {
    const { idleMs } = this.#workload
    if (idleMs === 0 || !this.working || this.#sampler === undefined) return
    const countsBefore = await this.counts()
    const before = await this.#sampler.sampleWhenQuiet('first')
    await Promise.race([sleep(idleMs), this.#child?.exited])
    const after =
      before.state === 'quiet'
        ? await this.#sampler.sampleWhenQuiet('first')
        : this.#sampler.sampleNow()
    const seconds = (after.atMs - before.atMs) / 1000
    const counters = await this.#increaseSince(countsBefore)
    const threads = difference(before.threads, after.threads, threadNamesOf(this.#services))
    this.#idle = { seconds, threads, counters }
  }

  async measureSlice(group: number, order: number): Promise<void> {
    const measured = await this.sliceMeasured()
    if (measured === undefined) return
    const { latency, ...slice } = measured
    this.#latencies.push(latency)
    this.#slices.push({ group, order, ...slice })
  }

  /** Undefined: it has failed. */
  async sliceMeasured(): Promise<SliceMeasured | undefined> {
    if (!this.working || this.#sampler === undefined) return undefined
    const before = await this.#sampler.sampleWhenQuiet('last')
    const done = await this.#driver.serveSlice(this.spec.name, this.#workload.sliceWork)
    if (done.kind === 'failed') {
      await this.#failUnlessDead(done.reason)
      return undefined
    }
    const after = await this.#sampler.sampleWhenQuiet('first')
    const { messages, bytes, wallNs, driverCpuNs, latency } = done
    const threads = difference(before.threads, after.threads, threadNamesOf(this.#services))
    this.#threadsAtFirst ??= before.threads
    this.#threadsAtLast = after.threads
    const exact = before.state === 'quiet' && after.state === 'quiet'
    return { bytes, messages, wallNs, threads, driverCpuNs, latency, exact }
  }

  /**
   * Work of its own for which the counters are read: while slices of others are measured an idle
   * subject's poll times out again and again, and that would be counted, too.
   */
  async count(): Promise<void> {
    const before = await this.counts()
    for (let slice = 0; slice < this.#workload.countingSlices && this.working; slice++) {
      const done = await this.#driver.serveSlice(this.spec.name, this.#workload.sliceWork)
      if (done.kind === 'failed') return this.#failUnlessDead(done.reason)
      this.#countedUnits.bytes += done.bytes
      this.#countedUnits.messages += done.messages
    }
    // The socket thread's next poll is part of the last unit of work.
    await this.#sampler?.sampleWhenQuiet('last')
    this.#counters = await this.#increaseSince(before)
    this.#failIfChildrenWork()
  }

  /** Its threads record what their tracepoints tell, until `stopTracing`. */
  async startTracing(capacityEvents: number): Promise<void> {
    await this.ask({ kind: 'trace-start', capacityEvents }, 'trace-started', TRACE_TIMEOUT_MS)
  }

  /** @param directory where files with the events are left; null: they are dropped */
  async stopTracing(directory: string | null): Promise<readonly TracedThread[]> {
    const request = { kind: 'trace-stop', directory } as const
    return (await this.ask(request, 'trace-stopped', TRACE_TIMEOUT_MS))?.threads ?? []
  }

  /** The run is being interrupted: whatever is waited for ends at once. */
  interrupt(): void {
    this.#fail('interrupted')
    void this.#child?.stop({ graceMs: STOP_GRACE_MS })
  }

  /** Ends the process, whatever state it is in. */
  async stop(): Promise<void> {
    this.#driver.release(this.spec.name)
    this.#enter('stop')
    const exit = await this.#child?.stop({ graceMs: STOP_GRACE_MS })
    if (exit !== undefined) this.#exited(exit)
  }

  sample(round: number): ProcessSample {
    return { round, ...identityOf(this.spec, this.#workload), outcome: this.#outcome() }
  }

  #outcome(): Outcome {
    if (this.#state.state === 'failed') return this.#state
    return {
      state: 'completed',
      slices: this.#slices,
      latency: mergedLatency(this.#latencies),
      idle: this.#idle,
      counters: this.#counters,
      countedUnits: this.#countedUnits,
      modes: this.#modes(),
    }
  }

  #modes(): Record<string, CpuModes> | undefined {
    if (this.#threadsAtFirst === undefined || this.#threadsAtLast === undefined) return undefined
    const names = threadNamesOf(this.#services)
    return modesBetween(this.#threadsAtFirst, this.#threadsAtLast, names)
  }

  async counts(): Promise<Counts> {
    return (await this.ask({ kind: 'count' }, 'counts', COUNT_TIMEOUT_MS))?.counts ?? {}
  }

  /** Undefined: it has failed, be it to answer. */
  async ask<K extends SubjectAnswer['kind']>(
    request: SubjectRequest | TracingRequest,
    kind: K,
    timeoutMs: number,
  ): Promise<Extract<SubjectAnswer, { kind: K }> | undefined> {
    if (!this.working || this.#child === undefined) return undefined
    const isAnswer = isKind<K | 'failed'>(kind, 'failed')
    const reply = await this.#child.request(request, isAnswer, timeoutMs)
    if (reply.state !== 'replied') this.#fail(describeNoReply(reply))
    else if (isKind('failed')(reply.message)) this.#fail(reply.message.reason)
    else return reply.message as Extract<SubjectAnswer, { kind: K }>
    return undefined
  }

  /** Counters only ever grow; those of a program that is not ours may do anything. */
  async #increaseSince(before: Counts): Promise<Counts> {
    const increases = Object.entries(await this.counts()).map(
      ([name, total]) => [name, total - (before[name] ?? 0)] as const,
    )
    const fallen = increases.find(([, increase]) => increase < 0)
    if (fallen !== undefined) this.#fail(`its counter ${fallen[0]} went down`)
    return Object.fromEntries(increases)
  }

  #listen(message: SubjectAnswer): void {
    if (message.kind === 'failed') this.#fail(message.reason)
    if (message.kind === 'peer-disconnected') this.#lastDisconnect = message.reason
  }

  #enter(stage: Stage): void {
    if (this.working) this.#state = { state: 'working', stage }
  }

  /** Nobody would see the CPU time of a command's children. */
  #failIfChildrenWork(): void {
    if (!('command' in this.spec.revision.process) || this.#child === undefined) return
    const { pid } = this.#child
    if (!hasChildren(pid) && endedChildrenTicks(pid) <= this.#childrenTicksAtStart) return
    this.#fail('its work is in a child process: use exec, or name the program itself')
  }

  /** Exit code 0 is right when it was asked to stop, and at no other time. */
  #exited(reason: ExitReason): void {
    const orderly = reason.kind === 'code' && reason.code === 0
    if (this.#state.stage === 'stop' && orderly) return
    this.#fail(describeExit(reason))
  }

  /** Of a process that ended, how it ended says more than what others saw of that. */
  async #failUnlessDead(reason: string): Promise<void> {
    const news = this.#child?.exited.then(exit => this.#exited(exit))
    if (this.working && this.#driver.running) await Promise.race([news, sleep(EXIT_NEWS_MS)])
    this.#fail(reason)
  }

  #fail(reason: string): void {
    if (!this.working) return
    const { stage } = this.#state
    const because =
      this.#lastDisconnect === '' ? '' : `; it dropped a peer: ${this.#lastDisconnect}`
    this.#state = { state: 'failed', stage, reason: `${reason}${because}` }
    this.#driver.release(this.spec.name)
  }
}

/** Whether a process has any; of a kernel that does not tell (CONFIG_PROC_CHILDREN), it has none. */
function hasChildren(pid: number): boolean {
  const tasks = `/proc/${pid}/task`
  return listDirectory(tasks).some(tid => (readText(`${tasks}/${tid}/children`) ?? '') !== '')
}

/** CPU time of those that it has waited for, cutime and cstime of proc_pid_stat(5); 0 for one that is gone. */
function endedChildrenTicks(pid: number): number {
  const behindName = readText(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')
  return Number(behindName?.[13] ?? 0) + Number(behindName?.[14] ?? 0)
}

type Counts = Record<string, number>

function isKind<K extends SubjectAnswer['kind']>(...kinds: readonly K[]) {
  return (message: unknown): message is Extract<SubjectAnswer, { kind: K }> =>
    (kinds as readonly string[]).includes((message as SubjectAnswer).kind)
}
