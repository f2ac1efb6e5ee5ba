import type { Address } from '../../implementations/sock/sock.ts'
import {
  type P2pUtterance,
  p2pUtterances,
  ping,
  verack,
  version,
} from '../behaviour/p2p-messages.ts'
import { messagesIn, nonceInHex, pongsIn } from '../behaviour/p2p-messages-in.ts'
import { inBatches, sendInStep, type Task } from './batches.ts'
import { type ConformanceOptions, cuttingsOf } from './cuttings.ts'
import { Dialogue, type Ending } from './dialogue.ts'
import { type Checked, quoted } from './verdict.ts'

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
 * in every cutting. Behind each comes a ping: its pong shows that the node has gone on.
 */
export async function conformP2p(
  address: Address,
  { cut = bytes => cuttingsOf(bytes, CHEAP_BYTES), onProgress }: ConformanceOptions = {},
): Promise<Checked[]> {
  const barrier = new P2pBarrier(address)
  try {
    return await inBatches({
      address,
      utterances: p2pUtterances,
      cut,
      size: BATCH,
      carryOut: (tasks, dialogues) => carryOut(tasks, dialogues, barrier),
      onProgress,
    })
  } finally {
    barrier.close()
  }
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

export async function answered(dialogue: Dialogue, nonce: bigint): Promise<void> {
  const pong = nonceInHex(nonce)
  await dialogue.until(received => pongsIn(received).includes(pong), ANSWER_TIMEOUT_MS)
  if (!pongsIn(dialogue.received).includes(pong)) throw new Error('does not answer a ping')
}

async function carryOut(
  tasks: readonly P2pTask[],
  dialogues: readonly Dialogue[],
  barrier: P2pBarrier,
): Promise<Checked[]> {
  const greetings = await Promise.allSettled(dialogues.map(shakeHands))
  await sendInStep(tasks, dialogues, () => barrier.pass())
  for (const dialogue of dialogues) dialogue.send(ping(LAST_NONCE))
  return Promise.all(
    tasks.map(async (task, i) => {
      const dialogue = dialogues[i]
      const ending = await dialogue.until(
        received => pongsIn(received).includes(LAST_PONG),
        ANSWER_TIMEOUT_MS,
      )
      return judge(task, dialogue.received, ending, greetings[i].status === 'fulfilled')
    }),
  )
}

function judge(
  { utterance, cutting }: P2pTask,
  received: Buffer,
  ending: Ending | undefined,
  hasShakenHands: boolean,
): Checked {
  const pongs = pongsIn(received)
  const wentOn = pongs.includes(LAST_PONG)
  const outcome = wentOn ? 'goes on' : ending === undefined ? 'silence' : 'disconnects'
  return {
    utterance: utterance.name,
    cutting: cutting.name,
    transcript: [...pongs.map(nonce => `pong ${nonce}`), outcome].join(' | '),
    problem: hasShakenHands ? problemOf(utterance, pongs, outcome) : 'did not shake hands',
    conversation: [
      ...cutting.pieces.slice(0, SHOWN_PIECES).map(piece => `> ${quoted(piece)}`),
      `> ping ${LAST_NONCE.toString(16)}`,
      `< ${typesIn(received).join(', ')}`,
      `< ${outcome}`,
    ].join('\n'),
  }
}

const SHOWN_PIECES = 4

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
