import type { Protocol } from '../implementations/node/service-options.ts'
import type { Address } from '../implementations/sock/sock.ts'
import type { DriverAnswer, DriverRequest } from '../scenarios/driver-protocol.ts'
import type { Workload } from '../scenarios/scenario.ts'
import { type Child, describeNoReply, startChild } from './child-process.ts'

type AnswerTo<K extends DriverAnswer['kind']> = Extract<DriverAnswer, { kind: K }>
export type Failed = { kind: 'failed'; reason: string }

/** Longer than the driver itself waits for a subject that makes no progress. */
const ANSWER_TIMEOUT_MS = 60_000
/** A chain is built at about 1.5 s per GB and hash pass; this is for hundreds of GB. */
const PREPARE_TIMEOUT_MS = 3_600_000
/** For a slice of any size: the driver notices within seconds when nothing moves any more. */
const SLICE_TIMEOUT_MS = 3_600_000
const STOP_GRACE_MS = 2_000

export interface DriverObserver {
  preparing: (workload: Workload, done: number, total: number) => void
  warning: (workload: Workload, line: string) => void
}

/** The process that loads the subjects, as the harness sees it. */
export class Driver {
  readonly #child: Child
  #chainFile: string | null = null

  private constructor(child: Child) {
    this.#child = child
  }

  /**
   * A driver that has prepared its workload. It stops when the signal is aborted: whatever is waited
   * for then has failed.
   */
  static async start(
    module: URL,
    workload: Workload,
    cpus: readonly number[] | null,
    signal: AbortSignal,
    observer: DriverObserver,
  ): Promise<Driver | Failed> {
    const driver = new Driver(await startChild({ module, cpus }))
    const stop = () => void driver.stop()
    signal.addEventListener('abort', stop)
    void driver.#child.exited.then(() => signal.removeEventListener('abort', stop))
    if (signal.aborted) stop()
    const end = driver.#child.onMessage(message => {
      const answer = message as DriverAnswer
      if (answer.kind === 'progress') observer.preparing(workload, answer.done, answer.total)
      if (answer.kind === 'warning') observer.warning(workload, answer.line)
    })
    const request = { kind: 'prepare', preparation: workload.preparation } as const
    const kinds = ['prepared', 'prepare-failed'] as const
    const prepared = await driver.#ask(request, kinds, PREPARE_TIMEOUT_MS)
    end()
    if (prepared.kind === 'prepared') {
      driver.#chainFile = prepared.chainFile
      return driver
    }
    await driver.stop()
    return { kind: 'failed', reason: `${workload.label} cannot be prepared: ${prepared.reason}` }
  }

  /** False once it has ended or was told to. */
  get running(): boolean {
    return this.#child.state.state === 'running'
  }

  /** What HTTP services of subjects are to serve, if there are any. */
  get chainFile(): string | null {
    return this.#chainFile
  }

  listen(subject: string, protocol: Protocol, connections: number) {
    return this.#ask({ kind: 'listen', subject, protocol, connections }, ['listening'])
  }

  awaitReady(subject: string, listening: Address[]) {
    return this.#ask({ kind: 'await-ready', subject, listening }, ['ready'])
  }

  serveSlice(subject: string, work: number) {
    return this.#ask({ kind: 'slice', subject, work }, ['slice-done'], SLICE_TIMEOUT_MS)
  }

  release(subject: string): void {
    this.#child.send({ kind: 'release', subject } satisfies DriverRequest)
  }

  async stop(): Promise<void> {
    await this.#child.stop({ graceMs: STOP_GRACE_MS })
  }

  /** Subjects' answers may cross: only the one about the same subject is taken. */
  async #ask<K extends DriverAnswer['kind']>(
    request: DriverRequest,
    kinds: readonly K[],
    timeoutMs = ANSWER_TIMEOUT_MS,
  ): Promise<AnswerTo<K> | Failed> {
    const subject = 'subject' in request ? request.subject : undefined
    const isAnswer = (message: unknown): message is AnswerTo<K> | Failed => {
      const answer = message as DriverAnswer
      if (subject !== undefined && !('subject' in answer && answer.subject === subject))
        return false
      return answer.kind === 'failed' || (kinds as readonly string[]).includes(answer.kind)
    }
    const reply = await this.#child.request(request, isAnswer, timeoutMs)
    if (reply.state === 'replied') return reply.message
    // One that does not answer is of no use any more: what else is asked of it fails at once.
    if (reply.state === 'timeout') void this.stop()
    return { kind: 'failed', reason: `the driver: ${describeNoReply(reply)}` }
  }
}
