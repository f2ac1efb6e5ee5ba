import type { Address } from '../../implementations/sock/sock.ts'
import {
  type P2pUtterance,
  p2pUtterances,
  ping,
  verack,
  version,
} from '../behaviour/p2p-messages.ts'
import { messagesIn } from '../behaviour/p2p-messages-in.ts'
import { type ConformanceOptions, type Cutting, cuttingsOf } from './cuttings.ts'
import { Dialogue, type Ending } from './dialogue.ts'
import { type Checked, judgeTogether, quoted } from './verdict.ts'

/** Peers at a time; Core takes some 114. */
const BATCH = 50
/** A node that has neither answered nor closed by then will not. */
const ANSWER_TIMEOUT_MS = 10_000

/** A connection to a node costs it megabytes: a header and a short payload are cut everywhere. */
const CHEAP_BYTES = 64

const HANDSHAKE_NONCE = 0x1001n
const LAST_NONCE = 0x1002n
const FIRST_BARRIER_NONCE = 0x2000n

interface Task {
  utterance: P2pUtterance
  cutting: Cutting
}

/**
 * Says everything that `p2pUtterances` has to a node, each to a connection of its own behind a handshake,
 * in every cutting. Behind each comes a ping: its pong shows that the node has gone on.
 */
export async function conformP2p(
  address: Address,
  { cut = bytes => cuttingsOf(bytes, CHEAP_BYTES), onProgress }: ConformanceOptions = {},
): Promise<Checked[]> {
  const tasks = p2pUtterances.flatMap(utterance =>
    cut(utterance.bytes).map(cutting => ({ utterance, cutting })),
  )
  tasks.sort((a, b) => a.cutting.pieces.length - b.cutting.pieces.length)
  const barrier = new P2pBarrier(await Dialogue.open(address))
  const checked: Checked[] = []
  try {
    await shakeHands(barrier.dialogue)
    for (let at = 0; at < tasks.length; at += BATCH) {
      onProgress?.(at, tasks.length)
      checked.push(...(await carryOut(tasks.slice(at, at + BATCH), address, barrier)))
    }
  } finally {
    barrier.dialogue.close()
  }
  return judgeTogether(checked)
}

/** Another peer's ping and pong: what was sent before on any connection has been received by then. */
class P2pBarrier {
  readonly dialogue: Dialogue
  private nonce = FIRST_BARRIER_NONCE

  constructor(dialogue: Dialogue) {
    this.dialogue = dialogue
  }

  async pass(): Promise<void> {
    const nonce = this.nonce++
    this.dialogue.send(ping(nonce))
    await answered(this.dialogue, nonce)
  }
}

async function shakeHands(dialogue: Dialogue): Promise<void> {
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
  await dialogue.until(received => pongsIn(received).includes(nonce), ANSWER_TIMEOUT_MS)
  if (!pongsIn(dialogue.received).includes(nonce)) throw new Error('does not answer a ping')
}

async function carryOut(
  tasks: readonly Task[],
  address: Address,
  barrier: P2pBarrier,
): Promise<Checked[]> {
  const dialogues = await Promise.all(tasks.map(() => Dialogue.open(address)))
  try {
    await Promise.all(dialogues.map(shakeHands))
    const steps = Math.max(...tasks.map(({ cutting }) => cutting.pieces.length))
    for (let step = 0; step < steps; step++) {
      if (step > 0) await barrier.pass()
      for (const [i, { cutting }] of tasks.entries()) {
        if (step < cutting.pieces.length) dialogues[i].send(cutting.pieces[step])
      }
    }
    for (const dialogue of dialogues) dialogue.send(ping(LAST_NONCE))
    return await Promise.all(
      tasks.map(async (task, i) => {
        const dialogue = dialogues[i]
        const ending = await dialogue.until(
          received => pongsIn(received).includes(LAST_NONCE),
          ANSWER_TIMEOUT_MS,
        )
        return judge(task, dialogue.received, ending)
      }),
    )
  } finally {
    for (const dialogue of dialogues) dialogue.close()
  }
}

function judge(
  { utterance, cutting }: Task,
  received: Buffer,
  ending: Ending | undefined,
): Checked {
  const pongs = pongsIn(received)
  const wentOn = pongs.includes(LAST_NONCE)
  const outcome = wentOn ? 'goes on' : ending === undefined ? 'silence' : 'disconnects'
  return {
    utterance: utterance.name,
    cutting: cutting.name,
    transcript: [...pongs.map(nonce => `pong ${nonce.toString(16)}`), outcome].join(' | '),
    problem: problemOf(utterance, pongs, outcome),
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
  pongs: readonly bigint[],
  outcome: 'goes on' | 'silence' | 'disconnects',
): string | undefined {
  const due = afterwards === 'goes on' ? [HANDSHAKE_NONCE, LAST_NONCE] : [HANDSHAKE_NONCE]
  if (outcome !== afterwards) return `${outcome}, where it ${afterwards} by the specification`
  if (pongs.join() === due.join()) return undefined
  return `pongs for ${pongs.map(nonce => nonce.toString(16)).join(', ')}`
}

function typesIn(received: Buffer): string[] {
  return messagesIn(received).map(({ type }) => type)
}

function pongsIn(received: Buffer): bigint[] {
  return messagesIn(received)
    .filter(({ type, payload }) => type === 'pong' && payload.length === 8)
    .map(({ payload }) => payload.readBigUInt64LE())
}
