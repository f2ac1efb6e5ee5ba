import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from '@commander-js/extra-typings'
import type { SubjectOptions, ThreadEvent } from '../../implementations/node/thread-context.ts'
import { verifyLevels } from '../../implementations/node/verify-level.ts'
import { hashToHex } from '../../implementations/protocol/sha256d.ts'
import { sendModes } from '../../implementations/send-mode.ts'
import { AddressError, formatAddress, parseAddress } from '../../implementations/sock/address.ts'
import { describeErrno, EADDRINUSE } from '../../implementations/sock/errno.ts'
import { Subject } from '../../implementations/subject.ts'
import { serverDefaults } from '../../scenarios/ibd/block-server.ts'
import { RunError, UsageError } from '../errors.ts'
import { interruptible } from '../interruption.ts'
import { FLOOR, knownBackends } from '../plan.ts'
import { print } from '../print.ts'
import { oneOf, repeatable, wholeNumber } from './arguments.ts'

/** How often the height is looked at; the subject's own threads are not disturbed. */
const LOOK_EVERY_MS = 100
const REPORT_EVERY_MS = 2_000

export function serveCommand() {
  return new Command('serve')
    .description('run one backend by itself: accept peers, connect to peers, download their chain')
    .argument('<backend>', knownBackends.filter(name => name !== FLOOR).join(', '))
    .option('--protocol <name>', 'p2p', oneOf(['p2p'] as const), 'p2p' as const)
    .option('--host <address>', 'literal IP address to listen on', '127.0.0.1')
    .option(
      '--port <n>',
      'port to listen on, 0 for any; without it, no listening',
      wholeNumber(0, 65535),
    )
    .option('--connect <host:port>', 'a peer to download from; repeatable', repeatable, [])
    .option('--mode <name>', sendModes.join(', '), oneOf(sendModes), 'optimistic' as const)
    .option('--verify <name>', verifyLevels.join(', '), oneOf(verifyLevels), 'none' as const)
    .option('--stop-at-height <n>', 'exit once this block is here', wholeNumber(1, 10_000_000))
    .action(async (backend, options) => {
      if (!knownBackends.includes(backend) || backend === FLOOR) {
        const known = knownBackends.filter(name => name !== FLOOR).join(', ')
        throw new UsageError(`no backend "${backend}" to serve; known: ${known}`)
      }
      const { port, connect, host, mode: sendMode, verify } = options
      if (port === undefined && connect.length === 0) {
        throw new UsageError('nothing to do: give --port to listen on, or --connect a peer')
      }
      const subjectOptions = {
        sendMode,
        verify,
        refillBlocks: 1,
        listen: port === undefined ? undefined : address(`${bracketed(host)}:${port}`),
        connect: connect.map(address),
        socketBufferBytes: serverDefaults.socketBufferBytes,
      }
      await serve(backend, subjectOptions, options.stopAtHeight ?? Number.POSITIVE_INFINITY)
    })
}

async function serve(
  backend: string,
  options: SubjectOptions,
  stopAtHeight: number,
): Promise<void> {
  const { listen, connect } = options
  let failure: Error | undefined
  let connectionsLeft = listen === undefined ? connect.length : Number.POSITIVE_INFINITY
  const lines: string[] = []
  const subject = new Subject(backend, 'p2p', options, {
    onEvent: event => {
      failure ??= failureOf(event)
      if (event.kind === 'connection-closed') connectionsLeft--
      lines.push(...describe(event))
    },
    onCrash: error => {
      failure ??= error
    },
  })
  const signal = interruptible()
  const isDone = () => subject.progress.blockHeight >= stopAtHeight
  let reportedAtMs = performance.now()
  let reportedHeight = 0
  while (!signal.aborted && failure === undefined && connectionsLeft > 0 && !isDone()) {
    await sleep(LOOK_EVERY_MS)
    printLines(lines.splice(0))
    const { blockHeight } = subject.progress
    const nowMs = performance.now()
    if (nowMs - reportedAtMs < REPORT_EVERY_MS || blockHeight === reportedHeight) continue
    reportedAtMs = nowMs
    reportedHeight = blockHeight
    printLines([heightLine(subject)])
  }
  await subject.stop()
  if (failure !== undefined) throw failure
  printLines([...lines, heightLine(subject)])
  if (isDone()) return
  if (signal.aborted) throw signal.reason
  throw new RunError(
    'no peer is left and none can come: they closed, or sent what is not P2P of regtest; connect again, or listen with --port',
  )
}

function printLines(lines: readonly string[]): void {
  for (const line of lines) print(`${line}\n`)
}

function heightLine({ progress: { headerHeight, blockHeight, tipHash } }: Subject): string {
  return `height ${blockHeight} of ${headerHeight}, tip ${hashToHex(tipHash)}`
}

/** In lines, mostly one; failures are told at the end. */
function describe(event: ThreadEvent): string[] {
  switch (event.kind) {
    case 'listening':
      return [`listening on ${formatAddress(event.address)}`]
    case 'connected':
      return [`connected to ${formatAddress(event.address)}`]
    case 'peer-disconnected':
      return [`disconnecting peer ${event.id}: it ${event.reason}`]
    case 'connection-closed':
      return [`connection to peer ${event.id} closed`]
    case 'connect-failed':
    case 'listen-failed':
      return []
  }
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

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function address(text: string) {
  try {
    return parseAddress(text)
  } catch (error) {
    if (error instanceof AddressError) throw new UsageError(error.message)
    throw error
  }
}
