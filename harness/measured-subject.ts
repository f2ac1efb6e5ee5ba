import { setTimeout as sleep } from 'node:timers/promises'
import { MESSAGE_HANDLER_THREAD, type Protocol, SOCKET_THREAD } from '../implementations/backend.ts'
import { pinProcess } from '../implementations/sock/affinity.ts'
import type { Workload } from '../scenarios/scenario.ts'
import {
  type Child,
  describeExit,
  describeNoReply,
  type ExitReason,
  startChild,
} from './child-process.ts'
import type { Driver } from './driver.ts'
import { FLOOR, type Plan, type SubjectSpec } from './plan.ts'
import type { Outcome, ProcessSample, Slice, Stage } from './record.ts'
import { difference, ThreadSampler } from './sampler.ts'
import type { SubjectAnswer, SubjectRequest } from './subject-protocol.ts'

const COUNT_TIMEOUT_MS = 5_000
const STOP_GRACE_MS = 2_000
/** A process that dies closes its connections first: so long until its end is known here, too. */
const EXIT_NEWS_MS = 1_000
const THREAD_NAMES = [SOCKET_THREAD, MESSAGE_HANDLER_THREAD]

type State = { state: 'working'; stage: Stage } | { state: 'failed'; stage: Stage; reason: string }

/** What is started for a subject, and how long that may take. */
export interface SubjectProcess {
  /** A compiled module that speaks `subject-protocol.ts`. */
  module: URL
  startTimeoutMs: number
}

export const subjectProcess = {
  module: new URL('./subject-process.js', import.meta.url),
  startTimeoutMs: 20_000,
} satisfies SubjectProcess

/**
 * One subject of a round: its process, its slices and what was read off it. The first failure of
 * whatever kind ends it; what was measured before is not used, for a process yields one scalar.
 */
export class MeasuredSubject {
  readonly spec: SubjectSpec
  readonly #driver: Driver
  readonly #workload: Workload
  readonly #process: SubjectProcess
  readonly #slices: Slice[] = []
  #child: Child | undefined
  #sampler: ThreadSampler | undefined
  #counters: Record<string, number> = {}
  readonly #countedUnits = { blocks: 0, bytes: 0, messages: 0 }
  #lastDisconnect = ''
  #state: State = { state: 'working', stage: 'start' }

  constructor(
    spec: SubjectSpec,
    driver: Driver,
    workload: Workload,
    process: SubjectProcess = subjectProcess,
  ) {
    this.spec = spec
    this.#driver = driver
    this.#workload = workload
    this.#process = process
  }

  get working(): boolean {
    return this.#state.state === 'working'
  }

  /** Starts the process, connects it to the driver's peers, and waits until it asks for work. */
  async start(pinning: Plan['pinning']): Promise<void> {
    const protocol: Protocol = this.spec.backend === FLOOR ? 'raw' : this.#workload.protocol
    const listening = await this.#driver.listen(this.spec.name, this.#workload, protocol)
    if (listening.kind === 'failed') return this.#fail(listening.reason)
    if (!this.working) return
    const child = await startChild({
      module: this.#process.module,
      // On all of them until it runs: five processes start at once.
      cpus: pinning && [...pinning.driver, ...pinning.subject],
    })
    this.#child = child
    child.onMessage(message => this.#listen(message as SubjectAnswer))
    void child.exited.then(reason => this.#exited(reason))
    const address = { family: 4, host: '127.0.0.1', port: listening.port } as const
    const request: SubjectRequest = {
      kind: 'start',
      backend: this.spec.backend,
      protocol,
      options: {
        ...this.#workload.subject,
        listen: undefined,
        connect: Array.from({ length: this.#workload.connections }, () => address),
      },
    }
    const { startTimeoutMs } = this.#process
    const started = await child.request(request, isKind('started', 'failed'), startTimeoutMs)
    if (started.state !== 'replied') return this.#fail(describeNoReply(started))
    if (started.message.kind === 'failed') return this.#fail(started.message.reason)
    try {
      if (pinning !== null) pinProcess(child.pid, pinning.subject)
    } catch (error) {
      return this.#failUnlessDead(error instanceof Error ? error.message : String(error))
    }
    this.#sampler = new ThreadSampler(child.pid)
    this.#enter('handshake')
    const ready = await this.#driver.awaitReady(this.spec.name)
    if (ready.kind === 'failed') return this.#failUnlessDead(ready.reason)
    this.#enter('run')
  }

  /** Work that is not measured. */
  async warmUp(blocks: number): Promise<void> {
    if (!this.working) return
    const done = await this.#driver.serveSlice(this.spec.name, blocks)
    if (done.kind === 'failed') await this.#failUnlessDead(done.reason)
  }

  async measureSlice(group: number, order: number): Promise<void> {
    if (!this.working || this.#sampler === undefined) return
    const before = await this.#sampler.sampleWhenQuiet()
    const done = await this.#driver.serveSlice(this.spec.name, this.#workload.sliceBlocks)
    if (done.kind === 'failed') return this.#failUnlessDead(done.reason)
    const after = await this.#sampler.sampleWhenQuiet()
    const { blocks, bytes, wallNs, driverCpuNs } = done
    const threads = difference(before.threads, after.threads, THREAD_NAMES)
    this.#slices.push({
      group,
      order,
      blocks,
      bytes,
      messages: blocks,
      wallNs,
      threads,
      driverCpuNs,
      exact: before.state === 'quiet' && after.state === 'quiet',
    })
  }

  /**
   * Work of its own for which the counters are read: while slices of others are measured an idle
   * subject's poll times out again and again, and that would be counted, too.
   */
  async count(): Promise<void> {
    const before = await this.#counts()
    for (let slice = 0; slice < this.#workload.countingSlices && this.working; slice++) {
      const done = await this.#driver.serveSlice(this.spec.name, this.#workload.sliceBlocks)
      if (done.kind === 'failed') return this.#failUnlessDead(done.reason)
      this.#countedUnits.blocks += done.blocks
      this.#countedUnits.bytes += done.bytes
      this.#countedUnits.messages += done.blocks
    }
    const after = await this.#counts()
    this.#counters = Object.fromEntries(
      Object.entries(after).map(([name, total]) => [name, total - (before[name] ?? 0)]),
    )
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
    const { backend, arm } = this.spec
    return { round, backend, arm, outcome: this.#outcome() }
  }

  #outcome(): Outcome {
    if (this.#state.state === 'failed') return this.#state
    return {
      state: 'completed',
      slices: this.#slices,
      counters: this.#counters,
      countedUnits: this.#countedUnits,
    }
  }

  async #counts(): Promise<Record<string, number>> {
    if (!this.working || this.#child === undefined) return {}
    const reply = await this.#child.request({ kind: 'count' }, isKind('counts'), COUNT_TIMEOUT_MS)
    if (reply.state === 'replied') return reply.message.counts
    this.#fail(describeNoReply(reply))
    return {}
  }

  #listen(message: SubjectAnswer): void {
    if (message.kind === 'failed') this.#fail(message.reason)
    if (message.kind === 'peer-disconnected') this.#lastDisconnect = message.reason
  }

  #enter(stage: Stage): void {
    if (this.working) this.#state = { state: 'working', stage }
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

function isKind<K extends SubjectAnswer['kind']>(...kinds: readonly K[]) {
  return (message: unknown): message is Extract<SubjectAnswer, { kind: K }> =>
    (kinds as readonly string[]).includes((message as SubjectAnswer).kind)
}
