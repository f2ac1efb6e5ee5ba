import { writeFileSync } from 'node:fs'
import { type InspectorNotification, type NodeWorker, Session } from 'node:inspector'
import { join } from 'node:path'
import type { ProfileFile } from '../subject-protocol.ts'

/**
 * Takes a CPU profile of every worker of this process, from its main thread. A worker in a loop of its
 * own reads no messages: the inspector reaches it by V8's interrupts, which it looks at when it enters
 * a function or goes round a loop, and so within the 50 or 100 ms that it sleeps at most.
 */
export class ThreadProfiler {
  readonly #session = new Session()
  readonly #threads: AttachedThread[] = []
  readonly #asked = new Map<number, (answer: Answer) => void>()
  #lastId = 0

  /** @param intervalUs between two samples of a thread */
  async start(intervalUs: number): Promise<void> {
    await this.#attach()
    // All at once: a thread that sleeps looks at what it is asked when it wakes, and not before.
    await Promise.all([
      this.#askAll('Profiler.enable'),
      this.#askAll('Profiler.setSamplingInterval', { interval: intervalUs }),
      this.#askAll('Profiler.start'),
    ])
  }

  /** Writes `<thread>.cpuprofile` for each. */
  async stop(directory: string): Promise<ProfileFile[]> {
    const [profiles] = await Promise.all([
      this.#askAll('Profiler.stop'),
      this.#askAll('Profiler.disable'),
    ])
    await this.#detach()
    return profiles.map((result, i) => {
      const thread = this.#threads[i].name
      const path = join(directory, `${thread}.cpuprofile`)
      writeFileSync(path, JSON.stringify((result as { profile: unknown }).profile))
      return { thread, path }
    })
  }

  async #attach(): Promise<void> {
    this.#session.connect()
    this.#session.on('NodeWorker.attachedToWorker', message => this.#attached(message))
    this.#session.on('NodeWorker.receivedMessageFromWorker', message => this.#received(message))
    await new Promise<void>((resolve, reject) => {
      // answered once it is attached to every worker that there is
      this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, error => {
        if (error === null) resolve()
        else reject(error)
      })
    })
  }

  async #detach(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#session.post('NodeWorker.disable', () => resolve())
    })
    this.#session.disconnect()
  }

  #attached({ params }: Notification<NodeWorker.AttachedToWorkerEventDataType>): void {
    const { sessionId, workerInfo } = params
    this.#threads.push({ sessionId, name: threadName(workerInfo.title) })
  }

  #received({ params }: Notification<NodeWorker.ReceivedMessageFromWorkerEventDataType>): void {
    const answer = JSON.parse(params.message) as Answer
    if (answer.id !== undefined) this.#asked.get(answer.id)?.(answer)
  }

  #askAll(method: string, params: object = {}): Promise<unknown[]> {
    return Promise.all(this.#threads.map(thread => this.#ask(thread, method, params)))
  }

  #ask({ sessionId, name }: AttachedThread, method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#asked.set(id, ({ result, error }) => {
        this.#asked.delete(id)
        if (error === undefined) resolve(result)
        else reject(new Error(`${method} of ${name}: ${error.message}`))
      })
      const message = JSON.stringify({ id, method, params })
      this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message }, error => {
        if (error !== null) reject(error)
      })
    })
  }
}

type Notification<P> = InspectorNotification<P>

interface AttachedThread {
  sessionId: string
  name: string
}

interface Answer {
  /** Notifications have none. */
  id?: number
  result?: unknown
  error?: { message: string }
}

/** '[worker 1] b-net', of a worker that was started with a name. */
function threadName(title: string): string {
  return title.replace(/^\[worker \d+\] /, '')
}
