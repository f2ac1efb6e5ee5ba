import { MESSAGE_HANDLER_THREAD, type Protocol, SOCKET_THREAD } from '../implementations/backend.ts'
import { pinProcess } from '../implementations/sock/affinity.ts'
import type { Workload } from '../scenarios/scenario.ts'
import { type Child, describeExit, describeNoReply, startChild } from './child-process.ts'
import type { Driver } from './driver.ts'
import { FLOOR, type Plan, type SubjectSpec } from './plan.ts'
import type { Outcome, ProcessSample, Slice, Stage } from './record.ts'
import { difference, ThreadSampler } from './sampler.ts'
import type { SubjectAnswer, SubjectRequest } from './subject-protocol.ts'

const START_TIMEOUT_MS = 20_000
const COUNT_TIMEOUT_MS = 5_000
const STOP_GRACE_MS = 2_000
const THREAD_NAMES = [SOCKET_THREAD, MESSAGE_HANDLER_THREAD]

type State = { state: 'working' } | { state: 'failed'; stage: Stage; reason: string }

/**
 * One subject of a round: its process, its slices and what was read off it. The first failure of
 * whatever kind ends it; what was measured before is not used, for a process yields one scalar.
 */
export class MeasuredSubject {
  readonly spec: SubjectSpec
  readonly #driver: Driver
  readonly #workload: Workload
  readonly #slices: Slice[] = []
  #child: Child | undefined
  #sampler: ThreadSampler | undefined
  #countsBefore: Record<string, number> = {}
  #counters: Record<string, number> = {}
  #lastDisconnect = ''
  #state: State = { state: 'working' }

  constructor(spec: SubjectSpec, driver: Driver, workload: Workload) {
    this.spec = spec
    this.#driver = driver
    this.#workload = workload
  }

  get working(): boolean {
    return this.#state.state === 'working'
  }

  /** Starts the process, connects it to the driver's peers, and waits until it asks for work. */
  async start(pinning: Plan['pinning']): Promise<void> {
    const protocol: Protocol = this.spec.backend === FLOOR ? 'raw' : this.#workload.protocol
    const listening = await this.#driver.listen(this.spec.name, this.#workload, protocol)
    if (listening.kind === 'failed') return this.#fail('start', listening.reason)
    const child = await startChild({
      module: new URL('./subject-process.js', import.meta.url),
      // On all of them until it runs: five processes start at once.
      cpus: pinning && [...pinning.driver, ...pinning.subject],
    })
    this.#child = child
    child.onMessage(message => this.#listen(message as SubjectAnswer))
    void child.exited.then(reason => this.#fail('run', describeExit(reason)))
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
    const started = await child.request(request, isKind('started', 'failed'), START_TIMEOUT_MS)
    if (started.state !== 'replied') return this.#fail('start', describeNoReply(started))
    if (started.message.kind === 'failed') return this.#fail('start', started.message.reason)
    if (pinning !== null) pinProcess(child.pid, pinning.subject)
    this.#sampler = new ThreadSampler(child.pid)
    const ready = await this.#driver.awaitReady(this.spec.name)
    if (ready.kind === 'failed') this.#fail('handshake', ready.reason)
  }

  /** Work that is not measured. */
  async warmUp(blocks: number): Promise<void> {
    if (!this.working) return
    const done = await this.#driver.serveSlice(this.spec.name, blocks)
    if (done.kind === 'failed') this.#fail('run', done.reason)
  }

  async startCounting(): Promise<void> {
    this.#countsBefore = await this.#counts()
  }

  async measureSlice(group: number, order: number): Promise<void> {
    if (!this.working || this.#sampler === undefined) return
    const before = await this.#sampler.sampleWhenQuiet()
    const done = await this.#driver.serveSlice(this.spec.name, this.#workload.sliceBlocks)
    if (done.kind === 'failed') return this.#fail('run', done.reason)
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
    })
  }

  async stopCounting(): Promise<void> {
    const counts = await this.#counts()
    this.#counters = Object.fromEntries(
      Object.entries(counts).map(([name, total]) => [
        name,
        total - (this.#countsBefore[name] ?? 0),
      ]),
    )
  }

  /** The run is being interrupted: whatever is waited for ends at once. */
  interrupt(): void {
    this.#fail('run', 'interrupted')
  }

  /** Ends the process, whatever state it is in. */
  async stop(): Promise<void> {
    this.#driver.release(this.spec.name)
    const wasWorking = this.working
    const exit = await this.#child?.stop({ graceMs: STOP_GRACE_MS })
    if (exit === undefined) return
    const orderly = exit.kind === 'code' && exit.code === 0
    if (wasWorking) {
      this.#state = orderly
        ? { state: 'working' }
        : { state: 'failed', stage: 'stop', reason: describeExit(exit) }
    }
  }

  sample(round: number): ProcessSample {
    const { backend, arm } = this.spec
    return { round, backend, arm, outcome: this.#outcome() }
  }

  #outcome(): Outcome {
    if (this.#state.state === 'failed') return this.#state
    const sum = (pick: (slice: Slice) => number) =>
      this.#slices.reduce((total, slice) => total + pick(slice), 0)
    return {
      state: 'completed',
      slices: this.#slices,
      counters: this.#counters,
      countedUnits: {
        blocks: sum(({ blocks }) => blocks),
        bytes: sum(({ bytes }) => bytes),
        messages: sum(({ messages }) => messages),
      },
    }
  }

  async #counts(): Promise<Record<string, number>> {
    if (!this.working || this.#child === undefined) return {}
    const reply = await this.#child.request({ kind: 'count' }, isKind('counts'), COUNT_TIMEOUT_MS)
    if (reply.state === 'replied') return reply.message.counts
    this.#fail('run', describeNoReply(reply))
    return {}
  }

  #listen(message: SubjectAnswer): void {
    if (message.kind === 'failed') this.#fail('run', message.reason)
    if (message.kind === 'peer-disconnected') this.#lastDisconnect = message.reason
  }

  #fail(stage: Stage, reason: string): void {
    if (!this.working) return
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
