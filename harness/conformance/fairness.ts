import type { Address } from '../../implementations/sock/sock.ts'
import { ping, unknownMessage } from '../behaviour/p2p-messages.ts'
import { nonceInHex, pongsIn } from '../behaviour/p2p-messages-in.ts'
import { Dialogue } from './dialogue.ts'
import { shakeHands } from './p2p-conformance.ts'
import type { Checked } from './verdict.ts'

export interface Flood {
  /** Of 4,000,000 bytes each, the most there may be. */
  readonly messages: number
  /** In which another peer's ping has to be answered meanwhile; infinite: judged by order alone. */
  readonly limitMs: number
}

const MESSAGE_BYTES = 4_000_000
const PING_EVERY_MS = 10
/** A node that has not got through the junk by then will not. */
const FLOOD_TIMEOUT_MS = 120_000
const FLOOD_NONCE = 0x3000n
const FIRST_NONCE = 0x4000n
/** Of another peer's pongs, between the flooder's first and last. */
const LEAST_AMID = 3

/**
 * One peer sends junk that is to be received whole and ignored, and a ping behind each message; another
 * pings meanwhile. Its pongs have to come in between the flooder's, and each within the limit.
 */
export async function conformFairness(address: Address, flood: Flood): Promise<Checked> {
  try {
    const [flooder, other] = await Dialogue.openAll(address, 2)
    try {
      await shakeHands(flooder)
      await shakeHands(other)
      return judge(flood, await pingMeanwhile(flooder, other, flood.messages))
    } finally {
      flooder.close()
      other.close()
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return checkedAs(flood, problem, problem)
  }
}

interface Meanwhile {
  /** Of every ping that was sent before the end of the junk, whenever it was answered. */
  readonly pings: readonly Pinged[]
  readonly floodMs: number
  readonly ending: 'received whole' | 'disconnected' | 'not received whole'
}

interface Pinged {
  /** When it was answered, or given up. */
  readonly afterMs: number
  readonly isAnswered: boolean
  /** How many messages of junk the node had got through by then. */
  readonly messagesThrough: number
}

async function pingMeanwhile(
  flooder: Dialogue,
  other: Dialogue,
  messages: number,
): Promise<Meanwhile> {
  const junk = unknownMessage(MESSAGE_BYTES)
  const earlierPongs = pongsIn(flooder.received).length
  const throughOf = (received: Buffer) => pongsIn(received).length - earlierPongs
  const startMs = performance.now()
  for (let i = 0; i < messages; i++) {
    flooder.send(junk)
    flooder.send(ping(FLOOD_NONCE + BigInt(i)))
  }
  const pings: Pinged[] = []
  const leftMs = () => startMs + FLOOD_TIMEOUT_MS - performance.now()
  const end = (ending: Meanwhile['ending']) => ({
    pings,
    floodMs: performance.now() - startMs,
    ending,
  })
  for (let nonce = FIRST_NONCE; leftMs() > 0; nonce++) {
    const isAnswered = (received: Buffer) => pongsIn(received).includes(nonceInHex(nonce))
    const sentMs = performance.now()
    other.send(ping(nonce))
    await other.until(isAnswered, leftMs())
    const through = throughOf(flooder.received)
    pings.push({
      afterMs: performance.now() - sentMs,
      isAnswered: isAnswered(other.received),
      messagesThrough: through,
    })
    const hasMoved = (received: Buffer) => throughOf(received) > through
    const closed = await flooder.until(hasMoved, PING_EVERY_MS)
    if (throughOf(flooder.received) >= messages) return end('received whole')
    if (closed !== undefined) return end('disconnected')
  }
  return end('not received whole')
}

function judge(flood: Flood, meanwhile: Meanwhile): Checked {
  const { pings, floodMs, ending } = meanwhile
  const slowestMs = Math.max(...pings.map(({ afterMs }) => afterMs))
  return checkedAs(
    flood,
    problemOf(flood, meanwhile),
    `${ending} after ${floodMs.toFixed(0)} ms; meanwhile another peer sent ${pings.length} pings, ` +
      `of which ${amid(flood, pings)} were answered amid the junk, the slowest after ` +
      `${slowestMs.toFixed(1)} ms`,
  )
}

function problemOf(flood: Flood, { pings, ending }: Meanwhile): string | undefined {
  if (ending !== 'received whole') return ending
  if (pings.some(({ isAnswered }) => !isAnswered)) return 'does not answer another peer'
  if (amid(flood, pings) < LEAST_AMID) return 'another peer has to wait for the end of the junk'
  const isTooSlow = pings.some(({ afterMs }) => afterMs > flood.limitMs)
  return isTooSlow ? "another peer's ping was answered too late" : undefined
}

/** Answered when some of the junk was through for certain, and some was not. */
function amid({ messages }: Flood, pings: readonly Pinged[]): number {
  return pings.filter(
    ({ isAnswered, messagesThrough }) =>
      isAnswered && messagesThrough > 0 && messagesThrough < messages,
  ).length
}

function checkedAs({ messages }: Flood, problem: string | undefined, course: string): Checked {
  const junk = `${messages} × 4 MB of an unknown type`
  return {
    utterance: junk,
    cutting: 'whole',
    transcript: problem ?? 'received whole, and another peer is answered meanwhile',
    problem,
    conversation: `${junk}: ${course}`,
  }
}
