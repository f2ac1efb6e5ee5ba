import type { Protocol } from '../implementations/node/service-options.ts'
import type { Address } from '../implementations/sock/sock.ts'
import type { DriverAnswer, DriverRequest, SliceMeasurement } from './driver-protocol.ts'

/**
 * What a scenario's driver does, one method per request of `driver-protocol.ts`; `runDriver` is the
 * process around it. Whatever can be expected to go wrong is an answer, `failed` with a reason in
 * one line; what throws or rejects is a bug and ends the process.
 */
export interface DriverLoad<Preparation extends object> {
  /** Called first, and once. */
  prepare(preparation: Preparation, report: PreparationReport): Promise<Prepared>
  /** For services that connect to the driver; a scenario without such leaves it out. */
  listen?(subject: string, protocol: Protocol, connections: number): Listening
  /** Connects to where the subject listens, or waits until it has connected; until it can be loaded. */
  awaitReady(subject: string, listening: readonly Address[]): Promise<Ready>
  /** One slice, until all of its work is answered. Never before the one before has ended. */
  serveSlice(subject: string, work: number): Promise<Served>
  /**
   * Closes what belongs to the subject, in any state; ends what it is waited for as failed. May come
   * more than once, and for a subject that was never heard of.
   */
  release(subject: string): void
}

export interface PreparationReport {
  onProgress: (done: number, total: number) => void
  /** One line, without a final newline. */
  warn: (line: string) => void
}

export type Failed = { state: 'failed'; reason: string }
/** `chainFile`: what HTTP services are to serve, if the workload has any. */
export type Prepared = { state: 'prepared'; chainFile: string | null } | Failed
export type Listening = { state: 'listening'; address: Address } | Failed
export type Ready = { state: 'ready' } | Failed
export type Served = ({ state: 'served' } & SliceMeasurement) | Failed

/**
 * Makes this process, which the harness has started with an IPC channel, the driver of a scenario:
 * the whole of a `driver.ts` is its load and this call. It ends when told to, and with its harness.
 */
export function runDriver<Preparation extends object>(load: DriverLoad<Preparation>): void {
  let prepared = false
  process.on('message', async (request: DriverRequest) => {
    if (request.kind === 'stop') return process.exit(0)
    if (prepared === (request.kind === 'prepare')) throw new Error(`${request.kind} out of order`)
    prepared = true
    if (request.kind === 'release') return load.release(request.subject)
    const answered = await answerTo(load, request)
    answer(answered)
  })
  // The harness is gone: nobody reads what would still be measured.
  process.on('disconnect', () => process.exit(1))
  // Ctrl-C reaches the whole process group; it is the harness that stops its driver in good order.
  process.on('SIGINT', () => {})
  // By a handler, so that exit handlers run and no file is left half written.
  process.on('SIGTERM', () => process.exit(143))
}

async function answerTo<Preparation extends object>(
  load: DriverLoad<Preparation>,
  request: Exclude<DriverRequest, { kind: 'release' | 'stop' }>,
): Promise<DriverAnswer> {
  if (request.kind === 'prepare') {
    const outcome = await load.prepare(request.preparation as Preparation, report)
    if (outcome.state === 'failed') return { kind: 'prepare-failed', reason: outcome.reason }
    return { kind: 'prepared', chainFile: outcome.chainFile }
  }
  const { subject } = request
  switch (request.kind) {
    case 'listen': {
      if (load.listen === undefined) throw new Error('no subject connects to this driver')
      const outcome = load.listen(subject, request.protocol, request.connections)
      if (outcome.state === 'failed') return { kind: 'failed', subject, reason: outcome.reason }
      return { kind: 'listening', subject, address: outcome.address }
    }
    case 'await-ready': {
      const outcome = await load.awaitReady(subject, request.listening)
      if (outcome.state === 'failed') return { kind: 'failed', subject, reason: outcome.reason }
      return { kind: 'ready', subject }
    }
    case 'slice': {
      const outcome = await load.serveSlice(subject, request.work)
      if (outcome.state === 'failed') return { kind: 'failed', subject, reason: outcome.reason }
      const { state: _, ...measurement } = outcome
      return { kind: 'slice-done', subject, ...measurement }
    }
  }
}

const report: PreparationReport = {
  onProgress: (done, total) => answer({ kind: 'progress', done, total }),
  warn: line => answer({ kind: 'warning', line }),
}

function answer(message: DriverAnswer): void {
  // The error, if any, is a channel closed by a harness that has gone; 'disconnect' follows.
  process.send?.(message, undefined, undefined, () => {})
}
