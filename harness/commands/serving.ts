import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceOptions } from '../../implementations/node/service-options.ts'
import type { ThreadEvent } from '../../implementations/node/thread-context.ts'
import { hashToHex } from '../../implementations/protocol/sha256d.ts'
import { formatAddress } from '../../implementations/sock/address.ts'
import { describeErrno, EADDRINUSE } from '../../implementations/sock/errno.ts'
import { Subject } from '../../implementations/subject.ts'
import { RunError } from '../errors.ts'
import { interruptible } from '../interruption.ts'
import { print } from '../print.ts'

/** How often the subject is looked at; its own threads are not disturbed. */
const LOOK_EVERY_MS = 100
const REPORT_EVERY_MS = 2_000

/** When a subject has nothing more to do, and what is said of it on the way. */
export interface Serving {
  /** Lines about an event; failures are told at the end. */
  describe: (event: ThreadEvent) => string[]
  /** Where the subject stands, if that can be told: printed every 2 s if it has changed, and at the end. */
  progressLine: (subject: Subject) => string | undefined
  isDone: (subject: Subject) => boolean
  /** Given the connections that are gone: what ends it as failed, if anything. */
  failureAfter: (connectionsClosed: number) => Error | undefined
}

/**
 * Runs one service of a backend by itself until it is done, fails, or is interrupted, then stops it
 * in good order.
 * @throws RunError where it cannot listen or connect, Interrupted on a signal
 */
export async function serve(
  backend: string,
  options: ServiceOptions,
  { describe, progressLine, isDone, failureAfter }: Serving,
): Promise<void> {
  let failure: Error | undefined
  let connectionsClosed = 0
  const lines: string[] = []
  const subject = new Subject(backend, [options], 'one', {
    onEvent: event => {
      failure ??= failureOf(event)
      if (event.kind === 'connection-closed') connectionsClosed++
      lines.push(...describe(event))
    },
    onCrash: error => {
      failure ??= error
    },
  })
  const signal = interruptible()
  let reportedAtMs = performance.now()
  let reported = progressLine(subject)
  const mayGoOn = () =>
    !signal.aborted &&
    failure === undefined &&
    failureAfter(connectionsClosed) === undefined &&
    !isDone(subject)
  while (mayGoOn()) {
    await sleep(LOOK_EVERY_MS)
    printLines(lines.splice(0))
    const line = progressLine(subject)
    const nowMs = performance.now()
    if (line === undefined || line === reported || nowMs - reportedAtMs < REPORT_EVERY_MS) continue
    reportedAtMs = nowMs
    reported = line
    printLines([line])
  }
  await subject.stop()
  if (failure !== undefined) throw failure
  const last = progressLine(subject)
  printLines(last === undefined ? lines : [...lines, last])
  if (isDone(subject)) return
  if (signal.aborted) throw signal.reason
  throw failureAfter(connectionsClosed)
}

/** A download: done at a height, failed when no peer is left and none can come. */
export function downloading(stopAtHeight: number, connectionsEver: number): Serving {
  return {
    describe: event => {
      switch (event.kind) {
        case 'connected':
          return [`connected to ${formatAddress(event.address)}`]
        case 'peer-disconnected':
          return [`disconnecting peer ${event.id}: it ${event.reason}`]
        case 'connection-closed':
          return [`connection to peer ${event.id} closed`]
        default:
          return listeningLine(event)
      }
    },
    progressLine: ({ progress: { headerHeight, blockHeight, tipHash } }) =>
      `height ${blockHeight} of ${headerHeight}, tip ${hashToHex(tipHash)}`,
    isDone: ({ progress }) => progress.blockHeight >= stopAtHeight,
    failureAfter: closed => (closed < connectionsEver ? undefined : new RunError(NO_PEER_LEFT)),
  }
}

const NO_PEER_LEFT =
  'no peer is left and none can come: they closed, or sent what is not P2P of regtest; connect again, or listen with --port'

/** A server: clients come and go until somebody ends it. @param usage lines for whoever runs it */
export function listening(usage: (address: string) => string[]): Serving {
  return {
    describe: event =>
      event.kind === 'listening'
        ? [...listeningLine(event), ...usage(formatAddress(event.address))]
        : [],
    progressLine: () => undefined,
    isDone: () => false,
    failureAfter: () => undefined,
  }
}

function listeningLine(event: ThreadEvent): string[] {
  return event.kind === 'listening' ? [`listening on ${formatAddress(event.address)}`] : []
}

function printLines(lines: readonly string[]): void {
  for (const line of lines) print(`${line}\n`)
}

function failureOf(event: ThreadEvent): Error | undefined {
  if (event.kind === 'connect-failed') {
    const where = formatAddress(event.address)
    return new RunError(`cannot connect to ${where}: ${describeErrno(event.errno)}`)
  }
  if (event.kind !== 'listen-failed') return undefined
  const where = formatAddress(event.address)
  return new RunError(
    event.errno === EADDRINUSE
      ? `${where} is in use; choose another --port, or 0 to let the kernel pick one`
      : `cannot listen on ${where}: ${describeErrno(event.errno)}`,
  )
}
