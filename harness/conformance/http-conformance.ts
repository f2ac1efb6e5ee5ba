import { Client } from 'undici'
import { formatAddress } from '../../implementations/sock/address.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { repliesIn } from '../behaviour/http-replies.ts'
import { type HttpUtterance, httpUtterances, lastRequest } from '../behaviour/http-requests.ts'
import { type ConformanceOptions, type Cutting, cuttingsOf } from './cuttings.ts'
import { Dialogue, type Ending } from './dialogue.ts'
import { type Checked, judgeTogether, quoted } from './verdict.ts'

/** Connections at a time. */
const BATCH = 64
/** A server that has neither answered nor closed by then will not. */
const ANSWER_TIMEOUT_MS = 10_000

interface Task {
  utterance: HttpUtterance
  cutting: Cutting
}

/**
 * Says everything that `httpUtterances` has to a server, in every cutting, and judges its answers by the
 * specification. Behind each utterance comes a last request: a server that answers it has gone on, one that
 * refused has closed without looking at it, and the number of replies shows whether a second request was
 * smuggled in.
 */
export async function conformHttp(
  address: Address,
  { cut = bytes => cuttingsOf(bytes), onProgress }: ConformanceOptions = {},
): Promise<Checked[]> {
  const tasks = httpUtterances.flatMap(utterance =>
    cut(utterance.bytes).map(cutting => ({ utterance, cutting })),
  )
  // Those of as many pieces together: each piece costs all of a batch a round trip.
  tasks.sort((a, b) => a.cutting.pieces.length - b.cutting.pieces.length)
  const barrier = new HttpBarrier(address)
  const checked: Checked[] = []
  try {
    for (let at = 0; at < tasks.length; at += BATCH) {
      onProgress?.(at, tasks.length)
      checked.push(...(await carryOut(tasks.slice(at, at + BATCH), address, barrier)))
    }
  } finally {
    await barrier.close()
  }
  return judgeTogether(checked)
}

/**
 * Another connection's request and reply: what was sent before on any connection has been received by then,
 * as the server polls all of them together.
 */
class HttpBarrier {
  private readonly client: Client

  constructor(address: Address) {
    this.client = new Client(`http://${formatAddress(address)}`)
  }

  async pass(): Promise<void> {
    const { body } = await this.client.request({ method: 'GET', path: BARRIER_PATH })
    await body.dump()
  }

  async close(): Promise<void> {
    await this.client.destroy()
  }
}

const BARRIER_PATH = '/rest/chaininfo.json'

async function carryOut(
  tasks: readonly Task[],
  address: Address,
  barrier: HttpBarrier,
): Promise<Checked[]> {
  const dialogues = await Promise.all(tasks.map(() => Dialogue.open(address)))
  try {
    const early = new Set<Task>()
    const steps = Math.max(...tasks.map(({ cutting }) => cutting.pieces.length))
    for (let step = 0; step < steps; step++) {
      for (const [i, { cutting }] of tasks.entries()) {
        if (step < cutting.pieces.length) dialogues[i].send(cutting.pieces[step])
      }
      if (step === steps - 1) break
      await barrier.pass()
      for (const [i, task] of tasks.entries()) {
        const isWhole = step >= task.cutting.pieces.length - 1
        if (!isWhole && mustWait(task.utterance) && dialogues[i].received.length > 0)
          early.add(task)
      }
    }
    for (const dialogue of dialogues) dialogue.send(lastRequest)
    return await Promise.all(
      tasks.map(async (task, i) => {
        const ending = await dialogues[i].until(() => false, ANSWER_TIMEOUT_MS)
        return judge(task, dialogues[i].received, ending, early.has(task))
      }),
    )
  } finally {
    for (const dialogue of dialogues) dialogue.close()
  }
}

/** Any prefix of it is a request that is not complete. */
function mustWait({ name, replies, afterwards }: HttpUtterance): boolean {
  return afterwards === 'goes on' && replies.length === 1 && name !== 'an expectation'
}

function judge(
  { utterance, cutting }: Task,
  received: Buffer,
  ending: Ending | undefined,
  early: boolean,
): Checked {
  const replies = repliesIn(received, place => place === 0 && utterance.headOnly === true)
  const statuses = replies.map(({ status }) => status)
  const problem = early
    ? 'was answered before it was complete'
    : problemOf(utterance, statuses, ending)
  return {
    utterance: utterance.name,
    cutting: cutting.name,
    transcript: [...replies.map(({ text }) => text), ending ?? 'silence'].join(' | '),
    problem,
    conversation: [
      `> ${cutting.pieces.map(quoted).slice(0, SHOWN_PIECES).join('\n> ')}`,
      `> ${quoted(lastRequest)}`,
      `< ${quoted(received)}`,
      `< ${ending ?? 'silence'}`,
    ].join('\n'),
  }
}

const SHOWN_PIECES = 4

function problemOf(
  { replies, afterwards }: HttpUtterance,
  statuses: readonly number[],
  ending: Ending | undefined,
): string | undefined {
  if (ending === undefined) return 'was neither answered nor closed'
  const wanted = afterwards === 'goes on' ? [...replies, ANY_FINAL] : replies
  if (statuses.length > wanted.length) {
    return `${statuses.length} replies (${statuses.join(', ')}) where ${wanted.length} are due`
  }
  const wrong = wanted.findIndex((allowed, i) => !allowed.includes(statuses[i]))
  if (wrong < 0) return undefined
  const got = statuses[wrong] ?? ending
  if (wrong === replies.length) return `closed the connection (${got}), which goes on`
  return `reply ${wrong + 1} is ${got}, where ${replies[wrong].join(' or ')} is right`
}

/** To the last request, whose target a server may not know. */
const ANY_FINAL = [200, 404]
