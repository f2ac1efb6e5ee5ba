import { createHash } from 'node:crypto'
import type { Address } from '../../implementations/sock/sock.ts'
import {
  type P2pUtterance,
  p2pUtterances,
  ping,
  verack,
  version,
} from '../behaviour/p2p-messages.ts'
import { messagesIn, nonceInHex, type P2pMessage, pongsIn } from '../behaviour/p2p-messages-in.ts'
import { inBatches, sendInStep, type Task } from './batches.ts'
import { type ConformanceOptions, type Cutting, cuttingsOf } from './cuttings.ts'
import { Dialogue, type Ending } from './dialogue.ts'
import { type Checked, said } from './verdict.ts'

/** Peers at a time; Core takes some 114. */
const BATCH = 50
/** A node that has neither answered nor closed by then will not. */
const ANSWER_TIMEOUT_MS = 10_000

/** A connection to a node costs it megabytes: a header and a short payload are cut everywhere. */
const CHEAP_BYTES = 64

const HANDSHAKE_NONCE = 0x1001n
const LAST_NONCE = 0x1002n
const HANDSHAKE_PONG = nonceInHex(HANDSHAKE_NONCE)
const LAST_PONG = nonceInHex(LAST_NONCE)
const FIRST_BARRIER_NONCE = 0x2000n

type P2pTask = Task<P2pUtterance>

/**
 * Says everything that `p2pUtterances` has to a node, each to a connection of its own behind a handshake,
 * in every cutting. Behind each, with its last piece, comes a ping: its pong shows that the node has gone on.
 */
export async function conformP2p(
  address: Address,
  {
    cut = bytes => cuttingsOf(bytes, CHEAP_BYTES),
    isOurs = false,
    onProgress,
  }: ConformanceOptions = {},
): Promise<Checked[]> {
  const barrier = new P2pBarrier(address)
  try {
    return await inBatches({
      address,
      utterances: p2pUtterances,
      cut: bytes => cut(bytes).map(withPingBehind),
      size: BATCH,
      carryOut: (tasks, dialogues) => carryOut(tasks, dialogues, { barrier, isOurs }),
      onProgress,
    })
  } finally {
    barrier.close()
  }
}

/** In one piece with the last: a node that closes has received both, or neither. */
function withPingBehind({ name, pieces }: Cutting): Cutting {
  const last = Buffer.concat([...pieces.slice(-1), ping(LAST_NONCE)])
  return { name, pieces: [...pieces.slice(0, -1), last] }
}

interface Node {
  barrier: P2pBarrier
  isOurs: boolean
}

/** Two pings and pongs of another peer, as `HttpBarrier` has two requests. */
class P2pBarrier {
  private readonly address: Address
  private dialogue: Dialogue | undefined
  private nonce = FIRST_BARRIER_NONCE

  constructor(address: Address) {
    this.address = address
  }

  async pass(): Promise<void> {
    await this.pingPong()
    await this.pingPong()
  }

  close(): void {
    this.dialogue?.close()
  }

  /** Again, if it was this connection that something happened to. */
  private async pingPong(): Promise<void> {
    await this.attempt().catch(() => {
      this.close()
      this.dialogue = undefined
      return this.attempt()
    })
  }

  private async attempt(): Promise<void> {
    if (this.dialogue === undefined) {
      this.dialogue = await Dialogue.open(this.address)
      await shakeHands(this.dialogue)
    }
    const nonce = this.nonce++
    this.dialogue.send(ping(nonce))
    await answered(this.dialogue, nonce)
  }
}

export async function shakeHands(dialogue: Dialogue): Promise<void> {
  dialogue.send(version)
  const ending = await dialogue.until(
    received => typesIn(received).includes('verack'),
    ANSWER_TIMEOUT_MS,
  )
  if (ending !== undefined) throw new Error('closed the connection in the handshake')
  dialogue.send(Buffer.concat([verack, ping(HANDSHAKE_NONCE)]))
  await answered(dialogue, HANDSHAKE_NONCE)
}

async function answered(dialogue: Dialogue, nonce: bigint): Promise<void> {
  const pong = nonceInHex(nonce)
  await dialogue.until(received => pongsIn(received).includes(pong), ANSWER_TIMEOUT_MS)
  if (!pongsIn(dialogue.received).includes(pong)) throw new Error('does not answer a ping')
}

async function carryOut(
  tasks: readonly P2pTask[],
  dialogues: readonly Dialogue[],
  { barrier, isOurs }: Node,
): Promise<Checked[]> {
  const greetings = await Promise.allSettled(dialogues.map(shakeHands))
  await sendInStep(tasks, dialogues, () => barrier.pass())
  return Promise.all(
    tasks.map(async (task, i) => {
      const dialogue = dialogues[i]
      const ending = await dialogue.until(
        received => pongsIn(received).includes(LAST_PONG),
        ANSWER_TIMEOUT_MS,
      )
      return judge(task, dialogue.received, ending, greetings[i].status === 'fulfilled', isOurs)
    }),
  )
}

function judge(
  { utterance, cutting }: P2pTask,
  received: Buffer,
  ending: Ending | undefined,
  hasShakenHands: boolean,
  isOurs: boolean,
): Checked {
  const pongs = pongsIn(received)
  const wentOn = pongs.includes(LAST_PONG)
  const outcome = wentOn ? 'goes on' : ending === undefined ? 'silence' : 'disconnects'
  const isShort = utterance.bytes.length < ONE_RECV_BYTES
  return {
    utterance: utterance.name,
    cutting: cutting.name,
    transcript: isOurs
      ? [
          ...steadyPartOf(messagesIn(received)),
          isShort && !wentOn ? (ending ?? outcome) : outcome,
        ].join(' | ')
      : [...pongs.map(nonce => `pong ${nonce}`), outcome].join(' | '),
    problem: hasShakenHands ? problemOf(utterance, pongs, outcome) : 'did not shake hands',
    conversation: [
      ...said(cutting.pieces),
      `< ${typesIn(received).join(', ')}`,
      `< ${ending === undefined ? outcome : `${outcome}: ${ending}`}`,
    ].join('\n'),
  }
}

/** A connection is reset if something is unread: of a longer utterance, time decides whether the ping is. */
const ONE_RECV_BYTES = 0x10000

/** What a node sends of its own accord: to whom, depends on what it has asked other peers for meanwhile. */
const ASKING = ['getheaders', 'getdata']

/** Of each message its type and its payload, without what differs between moments and nodes. */
function steadyPartOf(messages: readonly P2pMessage[]): string[] {
  return messages
    .filter(({ type }) => !ASKING.includes(type))
    .map(({ type, payload }) => {
      if (type === 'pong') return `pong ${payload.toString('hex')}`
      const steady = type === 'version' ? withoutTimeAndNonce(payload) : payload
      return `${type} ${createHash('sha256').update(steady).digest('hex').slice(0, HASH_DIGITS)}`
    })
}

const HASH_DIGITS = 8

function withoutTimeAndNonce(version: Buffer): Buffer {
  return Buffer.from(version).fill(0, 12, 20).fill(0, 72, 80)
}

function problemOf(
  { afterwards }: P2pUtterance,
  pongs: readonly string[],
  outcome: 'goes on' | 'silence' | 'disconnects',
): string | undefined {
  const due = afterwards === 'goes on' ? [HANDSHAKE_PONG, LAST_PONG] : [HANDSHAKE_PONG]
  if (outcome !== afterwards) return `${outcome}, where it ${afterwards} by the specification`
  if (pongs.join() === due.join()) return undefined
  return `pongs with ${pongs.join(', ')}`
}

function typesIn(received: Buffer): string[] {
  return messagesIn(received).map(({ type }) => type)
}
