import { Command } from '@commander-js/extra-typings'
import type { Backend } from '../../implementations/backend.ts'
import { backends, candidates, findBackend } from '../../implementations/registry.ts'
import { AddressError, parseAddress } from '../../implementations/sock/address.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { loadOrWriteServedChain } from '../../scenarios/http/served-chain.ts'
import {
  conformanceText,
  disagreements,
  wrongSums,
  yardstickText,
} from '../conformance/conformance-text.ts'
import { withServer } from '../conformance/local-server.ts'
import type { Checked } from '../conformance/verdict.ts'
import { RunError, UsageError } from '../errors.ts'
import { print } from '../print.ts'
import { barLine, Progress, progressStyle } from '../progress.ts'
import { list, oneOf } from './arguments.ts'

const protocols = ['http', 'p2p'] as const
type ConformProtocol = (typeof protocols)[number]

/** What Core is held to: 80 messages of the greatest length, and meanwhile an answer within 2 s. */
const flood = { messages: 80, limitMs: 2_000 }

/** Loaded when they are needed: what they say takes a moment to prepare. */
const suites = {
  http: async () => (await import('../conformance/http-conformance.ts')).conformHttp,
  p2p: async () => (await import('../conformance/p2p-conformance.ts')).conformP2p,
} as const

export function conformCommand() {
  return new Command('conform')
    .description('say what a server must understand and what it must refuse, in every cutting')
    .option('--protocol <name>', protocols.join(', '), oneOf(protocols))
    .option('--backend <list>', 'only these (default: all)', list)
    .option('--target <host:port>', 'any server instead')
    .option('--quiet', 'no progress', false)
    .action(async ({ protocol, backend: names, target, quiet }) => {
      const progress = new Progress(progressStyle(process.stderr, quiet))
      if (target !== undefined) {
        if (protocol === undefined)
          throw new UsageError('give --protocol http or p2p with --target')
        const checked = await conform(target, protocol, address(target), false, progress)
        print(conformanceText(target, protocol, checked))
        return assertAllRight(new Map([[target, checked]]))
      }
      for (const one of protocol === undefined ? protocols : [protocol]) {
        await conformBackends(one, names?.map(known) ?? backends, progress)
      }
    })
}

function known(name: string): Backend {
  const backend = findBackend(name)
  if (backend !== undefined) return backend
  const names = backends.map(one => one.name).join(', ')
  throw new UsageError(`no backend "${name}"; known: ${names}`)
}

async function conformBackends(
  protocol: ConformProtocol,
  asked: readonly Backend[],
  progress: Progress,
): Promise<void> {
  const chainFile = protocol === 'http' ? await servedChain(progress) : ''
  const answers = new Map<string, Checked[]>()
  for (const backend of asked) {
    const { name } = backend
    if (backend.protocols[protocol] === undefined) {
      print(`${name} speaks no ${protocol}\n`)
      continue
    }
    const isCandidate = candidates.includes(backend)
    const text = isCandidate ? conformanceText : yardstickText
    // Printed while it serves: of a server that crashes, too, is shown what was found.
    const checked = await withServer(name, protocol, chainFile, async at => {
      const found = await conform(name, protocol, at, true, progress)
      print(text(name, protocol, found))
      return found
    })
    if (isCandidate) answers.set(name, checked)
  }
  if (answers.size < 2) return assertAllRight(answers)
  const different = disagreements(answers)
  for (const line of different) print(`${line}\n`)
  assertAllRight(answers)
  if (different.length > 0) throw new RunError(`backends differ in ${different.length} answers`)
  print(`${[...answers.keys()].join(', ')} give the same answers to everything\n`)
}

async function servedChain(progress: Progress): Promise<string> {
  const chain = await loadOrWriteServedChain({
    warn: line => progress.note(line),
    onProgress: () => {},
  })
  if (chain.state === 'failed') throw new RunError(chain.reason)
  return chain.path
}

async function conform(
  name: string,
  protocol: ConformProtocol,
  at: Address,
  isOurs: boolean,
  progress: Progress,
): Promise<Checked[]> {
  const startMs = performance.now()
  const onProgress = (done: number, total: number) =>
    progress.show(
      barLine({
        label: `${name}, ${protocol}`,
        fraction: done / total,
        elapsedMs: performance.now() - startMs,
      }),
    )
  try {
    const suite = await suites[protocol]()
    const checked = await suite(at, { isOurs, onProgress })
    return protocol === 'p2p' ? [...checked, await checkFairness(name, at)] : checked
  } catch (error) {
    throw new RunError(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    progress.clear()
  }
}

async function checkFairness(name: string, at: Address): Promise<Checked> {
  const { conformFairness } = await import('../conformance/fairness.ts')
  const checked = await conformFairness(at, flood)
  print(`${name}, p2p: ${checked.conversation}\n`)
  return checked
}

function assertAllRight(answers: ReadonlyMap<string, readonly Checked[]>): void {
  const wrong = wrongSums(answers)
  if (wrong.length > 0) throw new RunError(`wrong answers: ${wrong.join(', ')}; see above`)
}

function address(text: string): Address {
  try {
    return parseAddress(text)
  } catch (error) {
    if (error instanceof AddressError) throw new UsageError(error.message)
    throw error
  }
}
