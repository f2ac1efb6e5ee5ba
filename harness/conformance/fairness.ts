import type { Address } from '../../implementations/sock/sock.ts'
import { ping, unknownMessage } from '../behaviour/p2p-messages.ts'
import { nonceInHex, pongsIn } from '../behaviour/p2p-messages-in.ts'
import { Dialogue } from './dialogue.ts'
import { answered, shakeHands } from './p2p-conformance.ts'
import type { Checked } from './verdict.ts'

export interface Flood {
  /** Of 4,000,000 bytes each, the most there may be. */
  readonly messages: number
  /** In which another peer's ping has to be answered meanwhile. */
  readonly limitMs: number
}

const MESSAGE_BYTES = 4_000_000
const PING_EVERY_MS = 10
/** A node that has not got through the junk by then will not. */
const FLOOD_TIMEOUT_MS = 120_000
const BEHIND_NONCE = 0x3000n
const BEHIND_PONG = nonceInHex(BEHIND_NONCE)
const FIRST_NONCE = 0x3001n

/**
 * One peer sends junk that is to be received whole and ignored, and a ping behind it; another pings
 * meanwhile. Its pongs have to come before the one behind the junk, and each within the limit.
 */
export async function conformFairness(address: Address, flood: Flood): Promise<Checked> {
  const [flooder, other] = await Dialogue.openAll(address, 2)
  try {
    await shakeHands(flooder)
    await shakeHands(other)
    const junk = unknownMessage(MESSAGE_BYTES)
    for (let i = 0; i < flood.messages; i++) flooder.send(junk)
    flooder.send(ping(BEHIND_NONCE))
    return judge(flood, await pingMeanwhile(flooder, other))
  } finally {
    flooder.close()
    other.close()
  }
}

interface Meanwhile {
  /** Of the pings that were answered before the one behind the junk. */
  readonly latenciesMs: readonly number[]
  readonly floodMs: number
  readonly ending: 'received whole' | 'disconnected' | 'not received whole'
}

async function pingMeanwhile(flooder: Dialogue, other: Dialogue): Promise<Meanwhile> {
  const latenciesMs: number[] = []
  const startMs = performance.now()
  const passedMs = () => performance.now() - startMs
  const end = (ending: Meanwhile['ending']) => ({ latenciesMs, floodMs: passedMs(), ending })
  for (let nonce = FIRST_NONCE; passedMs() < FLOOD_TIMEOUT_MS; nonce++) {
    const sentMs = performance.now()
    other.send(ping(nonce))
    await answered(other, nonce)
    if (!isThrough(flooder.received)) latenciesMs.push(performance.now() - sentMs)
    const closed = await flooder.until(isThrough, PING_EVERY_MS)
    if (isThrough(flooder.received)) return end('received whole')
    if (closed !== undefined) return end('disconnected')
  }
  return end('not received whole')
}

function isThrough(received: Buffer): boolean {
  return pongsIn(received).includes(BEHIND_PONG)
}

function judge({ messages, limitMs }: Flood, { latenciesMs, floodMs, ending }: Meanwhile): Checked {
  const slowestMs = Math.max(0, ...latenciesMs)
  const problem = problemOf(ending, latenciesMs.length, slowestMs > limitMs)
  const junk = `${messages} × 4 MB of an unknown type`
  return {
    utterance: junk,
    cutting: 'whole',
    transcript: problem ?? 'received whole, and another peer is answered meanwhile',
    problem,
    conversation:
      `${junk}: ${ending} after ${floodMs.toFixed(0)} ms; meanwhile ${latenciesMs.length} pings of ` +
      `another peer were answered, the slowest after ${slowestMs.toFixed(1)} ms`,
  }
}

function problemOf(
  ending: Meanwhile['ending'],
  answeredPings: number,
  isTooSlow: boolean,
): string | undefined {
  if (ending !== 'received whole') return ending
  if (answeredPings === 0) return 'no ping of another peer was answered meanwhile'
  return isTooSlow ? "another peer's ping was answered too late" : undefined
}
