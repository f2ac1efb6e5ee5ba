import type { Workload } from '../../scenarios/scenario.ts'
import { type Child, describeExit, describeNoReply } from '../child-process.ts'
import type { Driver } from '../driver.ts'
import { START_TIMEOUT_MS } from '../revision.ts'
import type { SubjectAnswer, SubjectRequest } from '../subject-protocol.ts'
import { addressedServices, templatesFor } from '../subject-services.ts'

export type Failed = { state: 'failed'; reason: string }

/** What of a window became work. */
export type Worked = { state: 'worked'; elapsedMs: number; slices: number }

/**
 * A subject that a driver loads while something looks at it. Nothing of it is measured: what looks on
 * costs time, so its figures are no figures.
 */
export class DrivenSubject {
  readonly #driver: Driver
  readonly #name: string
  readonly #workload: Workload
  #failure: string | undefined

  private constructor(child: Child, driver: Driver, name: string, workload: Workload) {
    this.#driver = driver
    this.#name = name
    this.#workload = workload
    child.onMessage(message => {
      const answer = message as SubjectAnswer
      if (answer.kind === 'failed') this.#fail(answer.reason)
    })
    void child.exited.then(reason => this.#fail(describeExit(reason)))
  }

  /** Of a child that speaks the subject protocol and was told nothing yet. It is connected, and warm. */
  static async start(
    child: Child,
    backend: string,
    workload: Workload,
    driver: Driver,
  ): Promise<DrivenSubject | Failed> {
    const subject = new DrivenSubject(child, driver, backend, workload)
    const templates = templatesFor(backend, workload)
    const addressed = await addressedServices(templates, backend, driver)
    if (addressed.state === 'failed') return addressed
    const request: SubjectRequest = {
      kind: 'start',
      backend,
      services: addressed.services,
      loops: workload.loops[0],
      spinsPerRecv: null,
    }
    const started = await child.request(request, isStart, START_TIMEOUT_MS)
    if (started.state !== 'replied') return failed(describeNoReply(started))
    if (started.message.kind === 'failed') return failed(started.message.reason)
    const ready = await driver.awaitReady(backend, started.message.listening)
    if (ready.kind === 'failed') return failed(subject.#failure ?? ready.reason)
    for (const work of workload.warmUp) {
      const served = await subject.#serve(work)
      if (served !== undefined) return served
    }
    return subject
  }

  /**
   * Slices, one after the other, until the time is over, or the chain: a workload that downloads has
   * blocks for its slices, and no more. One at least.
   */
  async work(windowMs: number): Promise<Worked | Failed> {
    const startMs = performance.now()
    const { sliceWork, services } = this.#workload
    const downloads = services.some(({ protocol }) => protocol === 'p2p')
    const most = downloads ? this.#workload.slices : Number.POSITIVE_INFINITY
    let slices = 0
    let elapsedMs = 0
    while (slices === 0 || (elapsedMs < windowMs && slices < most)) {
      const failure = await this.#serve(sliceWork)
      if (failure !== undefined) return failure
      slices++
      elapsedMs = performance.now() - startMs
    }
    return { state: 'worked', elapsedMs, slices }
  }

  async #serve(work: number): Promise<Failed | undefined> {
    const served = await this.#driver.serveSlice(this.#name, work)
    if (served.kind !== 'failed') return undefined
    return failed(this.#failure ?? served.reason)
  }

  #fail(reason: string): void {
    this.#failure ??= reason
    this.#driver.release(this.#name)
  }
}

function isStart(
  message: unknown,
): message is Extract<SubjectAnswer, { kind: 'started' | 'failed' }> {
  const { kind } = message as SubjectAnswer
  return kind === 'started' || kind === 'failed'
}

function failed(reason: string): Failed {
  return { state: 'failed', reason }
}
