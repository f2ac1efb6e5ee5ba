import { findBackend } from '../../implementations/registry.ts'
import { dispatch } from '../../scenarios/dispatch/index.ts'
import {
  type ConsumerMix,
  consumerMixes,
  type IsolateAnswer,
  type IsolateRequest,
} from '../../scenarios/dispatch/isolate-protocol.ts'
import { describeNoReply, startChild } from '../child-process.ts'
import { fitsBudget } from '../rounds.ts'
import { shuffled } from '../shuffle.ts'
import type { DispatchProcess } from './record.ts'

/** Many times what it takes on a slow machine. */
const ANSWER_TIMEOUT_MS = 120_000
const STOP_GRACE_MS = 2_000

export interface DispatchOptions {
  backends: readonly string[]
  rounds: number
  /** No new round starts when this is used up. */
  budgetMs: number | undefined
  /** CPU numbers, or null: wherever the kernel likes. */
  cpus: readonly number[] | null
}

/** Those of the named backends whose loop can be stepped over sockets in memory. */
export function dispatchBackends(names: readonly string[]): string[] {
  return names.filter(name => {
    const protocols = findBackend(name)?.protocols ?? {}
    return (['p2p', 'http', 'push'] as const).every(
      protocol => protocols[protocol]?.onSocketThread.loop === 'poll',
    )
  })
}

/** In each round a fresh process of every backend with either mix of consumers, in random order. */
export async function measureDispatch(
  { backends, rounds, budgetMs, cpus }: DispatchOptions,
  random: () => number,
  signal: AbortSignal,
  roundStarts: (round: number) => void,
): Promise<DispatchProcess[]> {
  const subjects = backends.flatMap(backend =>
    consumerMixes.map(consumers => ({ backend, consumers })),
  )
  const processes: DispatchProcess[] = []
  const startMs = performance.now()
  for (let round = 0; round < rounds; round++) {
    if (!fitsBudget(round, performance.now() - startMs, budgetMs)) break
    roundStarts(round)
    for (const { backend, consumers } of shuffled(subjects, random)) {
      const outcome = await measureIn(backend, consumers, cpus, signal)
      if (signal.aborted) return processes.filter(process => process.round < round)
      processes.push({ round, backend, consumers, outcome })
    }
  }
  return processes
}

async function measureIn(
  backend: string,
  consumers: ConsumerMix,
  cpus: readonly number[] | null,
  signal: AbortSignal,
): Promise<DispatchProcess['outcome']> {
  const child = await startChild({ module: dispatch.isolate, cpus })
  const stop = () => void child.stop({ graceMs: STOP_GRACE_MS })
  signal.addEventListener('abort', stop)
  const request: IsolateRequest = { kind: 'measure', backend, consumers }
  const reply = await child.request(request, isMeasured, ANSWER_TIMEOUT_MS)
  signal.removeEventListener('abort', stop)
  await child.stop({ graceMs: STOP_GRACE_MS })
  if (reply.state === 'replied') return { state: 'completed', costs: reply.message.costs }
  return { state: 'failed', reason: describeNoReply(reply) }
}

function isMeasured(message: unknown): message is IsolateAnswer {
  return (message as IsolateAnswer).kind === 'measured'
}
