/** The process of one subject, started by the harness with an IPC channel. */
import { setFlagsFromString } from 'node:v8'
import type { ServiceOptions } from '../implementations/node/service-options.ts'
import type { ThreadEvent } from '../implementations/node/thread-context.ts'
import { formatAddress } from '../implementations/sock/address.ts'
import { describeErrno } from '../implementations/sock/errno.ts'
import type { Address } from '../implementations/sock/sock.ts'
import { Subject, type SubjectHandlers } from '../implementations/subject.ts'
import type { ProcessTracing } from '../implementations/trace/process-tracing.ts'
import { exitWithParent } from './exit-with-parent.ts'
import type { ThreadProfiler } from './profile/thread-profiler.ts'
import type { SubjectAnswer, SubjectRequest, TracingRequest } from './subject-protocol.ts'

// V8 compiles a function well once it has run for long enough, by default some thousand times,
// which a fresh process would reach only in mid-measurement. Sooner, and for every subject alike.
setFlagsFromString('--interrupt-budget=16000')

let subject: Subject | undefined
let profiler: ThreadProfiler | undefined
/** Listeners and connections that are still to come. */
let toOpen = 0
const listening: Address[] = []
let tracing: ProcessTracing | undefined

exitWithParent()
// Ctrl-C reaches the whole process group; it is the harness that stops its subjects in good order.
process.on('SIGINT', () => {})

process.on('message', async (request: SubjectRequest | TracingRequest) => {
  switch (request.kind) {
    case 'start':
      return start(request)
    case 'count':
      return answer({ kind: 'counts', counts: subject?.counts() ?? {} })
    case 'profile-start':
      return startProfile(request.intervalUs)
    case 'profile-stop':
      return stopProfile(request.directory)
    case 'trace-start':
      return startTracing(request.capacityEvents)
    case 'trace-stop':
      return stopTracing(request.directory)
    case 'stop':
      await subject?.stop()
      return process.exit(0)
  }
})

/** Of a harness from before `spinsPerRecv` there is none. */
function start({
  backend,
  services,
  loops,
  spinsPerRecv = null,
}: SubjectRequest & { kind: 'start' }): void {
  toOpen = services.reduce((sum, options) => sum + opensAtStart(options), 0)
  if (services.filter(listens).length > 1) {
    return fail('only one service of a subject can listen: nothing tells whose address is whose')
  }
  const handlers: SubjectHandlers = {
    onEvent: onThreadEvent,
    onTracing: event => tracing?.took(event),
    onCrash: (error: Error) => fail(`a thread crashed: ${messageAndPlace(error)}`),
  }
  subject = new Subject(backend, services, loops, handlers, spinsPerRecv)
  if (toOpen === 0) answer({ kind: 'started', listening })
}

/** The inspector is loaded by whoever is profiled, and by nobody else. */
async function startProfile(intervalUs: number): Promise<void> {
  const { ThreadProfiler } = await import('./profile/thread-profiler.ts')
  profiler = new ThreadProfiler()
  try {
    await profiler.start(intervalUs)
    answer({ kind: 'profiling' })
  } catch (error) {
    fail(`cannot be profiled: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function stopProfile(directory: string): Promise<void> {
  try {
    if (profiler === undefined) throw new Error('no profile was started')
    answer({ kind: 'profiled', files: await profiler.stop(directory) })
  } catch (error) {
    fail(`cannot be profiled: ${error instanceof Error ? error.message : String(error)}`)
  }
  profiler = undefined
}

/** Loaded when it is needed: a subject that is not traced has nothing of it. */
async function startTracing(capacityEvents: number): Promise<void> {
  if (tracing === undefined) {
    const module = await import('../implementations/trace/process-tracing.ts')
    tracing = new module.ProcessTracing()
  }
  try {
    await tracing.start(capacityEvents, subject?.threads ?? 0)
    answer({ kind: 'trace-started' })
  } catch (error) {
    fail(`it cannot be traced: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function stopTracing(directory: string | null): Promise<void> {
  const { leaveRecordings } = await import('./trace/traced-thread.ts')
  const recordings = (await tracing?.stop()) ?? []
  const threads = directory === null ? [] : leaveRecordings(recordings, directory)
  answer({ kind: 'trace-stopped', threads })
}

function listens(options: ServiceOptions): boolean {
  return 'listen' in options && options.listen !== undefined
}

/** A wallet opens its connections when it needs them. */
function opensAtStart(options: ServiceOptions): number {
  return Number(listens(options)) + ('connect' in options ? options.connect.length : 0)
}

function onThreadEvent(event: ThreadEvent): void {
  switch (event.kind) {
    case 'listening':
      listening.push(event.address)
      return opened()
    case 'connected':
      return opened()
    case 'connect-failed':
    case 'listen-failed':
      return fail(`${event.kind} ${formatAddress(event.address)}: ${describeErrno(event.errno)}`)
    case 'peer-disconnected':
      return answer({ kind: 'peer-disconnected', reason: event.reason })
    case 'connection-closed':
  }
}

function opened(): void {
  toOpen--
  if (toOpen === 0) answer({ kind: 'started', listening })
}

/** In one line: 'RangeError: offset is out of bounds at Chain.head (chain.js:12:3)'. */
function messageAndPlace({ stack, message }: Error): string {
  const lines = (stack ?? message).split('\n')
  const place = lines.find(line => line.startsWith('    at ')) ?? ''
  return `${lines[0]} ${place.trim()}`.trim()
}

function fail(reason: string): void {
  answer({ kind: 'failed', reason })
}

function answer(message: SubjectAnswer): void {
  process.send?.(message, undefined, undefined, () => {})
}
