import { Command } from '@commander-js/extra-typings'
import { verifyLevels } from '../../implementations/node/verify-level.ts'
import { backends } from '../../implementations/registry.ts'
import { sendModes } from '../../implementations/send-mode.ts'
import { AddressError, parseAddress } from '../../implementations/sock/address.ts'
import { loadOrWriteServedChain } from '../../scenarios/http/served-chain.ts'
import { serverDefaults } from '../../scenarios/ibd/block-server.ts'
import { RunError, UsageError } from '../errors.ts'
import { FLOOR } from '../participants.ts'
import { oneOf, repeatable, wholeNumber } from './arguments.ts'
import { downloading, listening, serve } from './serving.ts'

const protocols = ['p2p', 'http', 'push'] as const
type ServedProtocol = (typeof protocols)[number]

const pushMessages = ['probe', 'new-template'] as const

/** Options that only make sense with one protocol. */
const optionsOf = {
  p2p: ['connect', 'verify', 'stopAtHeight'],
  http: ['workers'],
  push: ['message', 'meanIntervalUs'],
} as const satisfies Record<ServedProtocol, readonly string[]>

const servable = backends.map(({ name }) => name).filter(name => name !== FLOOR)

export function serveCommand() {
  return new Command('serve')
    .description('run one backend by itself, for any client or peer of the protocol')
    .argument('<backend>', servable.join(', '))
    .option('--protocol <name>', protocols.join(', '), oneOf(protocols), 'p2p' as const)
    .option('--host <address>', 'literal IP address to listen on', '127.0.0.1')
    .option(
      '--port <n>',
      'port to listen on, 0 for any; without it, p2p does not listen',
      wholeNumber(0, 65535),
    )
    .option('--mode <name>', sendModes.join(', '), oneOf(sendModes), 'optimistic' as const)
    .option('--connect <host:port>', 'p2p: a peer to download from; repeatable', repeatable)
    .option('--verify <name>', `p2p: ${verifyLevels.join(', ')}`, oneOf(verifyLevels))
    .option('--stop-at-height <n>', 'p2p: exit once this block is here', wholeNumber(1, 10_000_000))
    .option(
      '--workers <n>',
      'http: threads that handle requests; 0: the socket thread does',
      wholeNumber(0, 16),
    )
    .option('--message <name>', `push: ${pushMessages.join(', ')}`, oneOf(pushMessages))
    .option(
      '--mean-interval-us <n>',
      'push: mean time between messages, which come at random moments',
      wholeNumber(1, 1_000_000_000),
    )
    .action(async (backend, options) => {
      const { protocol } = options
      assertSpeaks(backend, protocol)
      assertMeantFor(protocol, options)
      if (protocol === 'p2p') return serveP2p(backend, options)
      if (protocol === 'http') return serveHttp(backend, options)
      return servePush(backend, options)
    })
}

interface Options {
  host: string
  port?: number | undefined
  mode: (typeof sendModes)[number]
  connect?: string[] | undefined
  verify?: (typeof verifyLevels)[number] | undefined
  stopAtHeight?: number | undefined
  workers?: number | undefined
  message?: (typeof pushMessages)[number] | undefined
  meanIntervalUs?: number | undefined
}

async function serveP2p(backend: string, options: Options): Promise<void> {
  const { port, host, mode: sendMode, connect = [], verify = 'none' } = options
  if (port === undefined && connect.length === 0) {
    throw new UsageError('nothing to do: give --port to listen on, or --connect a peer')
  }
  const service = {
    protocol: 'p2p',
    sendMode,
    verify,
    refillBlocks: 1,
    listen: port === undefined ? undefined : listenAddress(host, port),
    connect: connect.map(address),
    socketBufferBytes: serverDefaults.socketBufferBytes,
  } as const
  const connectionsEver = port === undefined ? connect.length : Number.POSITIVE_INFINITY
  const stopAtHeight = options.stopAtHeight ?? Number.POSITIVE_INFINITY
  await serve(backend, service, downloading(stopAtHeight, connectionsEver))
}

async function serveHttp(backend: string, options: Options): Promise<void> {
  const { port = 0, host, mode: sendMode, workers = 2 } = options
  const warn = (line: string) => void process.stderr.write(`${line}\n`)
  const chain = await loadOrWriteServedChain({ warn, onProgress: () => {} })
  if (chain.state === 'failed') throw new RunError(chain.reason)
  const { path, store } = chain
  const service = {
    protocol: 'http',
    sendMode,
    listen: listenAddress(host, port),
    workers,
    chainFile: path,
    idleTimeoutMs: 30_000,
    socketBufferBytes: serverDefaults.socketBufferBytes,
  } as const
  const routes = (at: string) => [
    `http://${at}/rest/chaininfo.json`,
    `http://${at}/rest/headers/2000/${store.hashHex(1)}.bin`,
    `http://${at}/rest/block/${store.hashHex(store.tipHeight)}.bin`,
    `http://${at}/ takes JSON-RPC by POST: {"id":1,"method":"getblockcount","params":[]}`,
  ]
  await serve(backend, service, listening(routes))
}

async function servePush(backend: string, options: Options): Promise<void> {
  const { port = 0, host, mode: sendMode, message = 'probe', meanIntervalUs = 1_000 } = options
  const service = {
    protocol: 'push',
    sendMode,
    listen: listenAddress(host, port),
    message,
    meanIntervalUs,
    seed: 1,
    socketBufferBytes: serverDefaults.socketBufferBytes,
  } as const
  await serve(
    backend,
    service,
    listening(() => [
      'a subscriber gets as many messages as it asks for: a count of 4 bytes, little-endian',
    ]),
  )
}

function assertSpeaks(name: string, protocol: ServedProtocol): void {
  const backend = backends.find(one => one.name === name)
  const able = backends.filter(({ protocols: spoken }) => spoken[protocol] !== undefined)
  if (backend !== undefined && able.includes(backend)) return
  const known = able.map(one => one.name).join(', ')
  throw new UsageError(`no backend "${name}" to serve ${protocol}; known: ${known}`)
}

function assertMeantFor(protocol: ServedProtocol, options: Options): void {
  for (const other of protocols.filter(one => one !== protocol)) {
    const stray = optionsOf[other].find(name => name in options)
    if (stray === undefined) continue
    const flag = stray.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
    throw new UsageError(`--${flag} is for --protocol ${other}, and this is ${protocol}`)
  }
}

function listenAddress(host: string, port: number) {
  return address(`${host.includes(':') ? `[${host}]` : host}:${port}`)
}

function address(text: string) {
  try {
    return parseAddress(text)
  } catch (error) {
    if (error instanceof AddressError) throw new UsageError(error.message)
    throw error
  }
}
