import { Client } from 'undici'
import { formatAddress } from '../../implementations/sock/address.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { bodyOf, type HttpReply, repliesIn } from '../behaviour/http-replies.ts'
import {
  type HttpUtterance,
  httpUtterances,
  lastRequest,
  rightStatuses,
  SERVED,
} from '../behaviour/http-requests.ts'
import { inBatches, sendInStep, type Task } from './batches.ts'
import { type ConformanceOptions, cuttingsOf } from './cuttings.ts'
import type { Dialogue, Ending } from './dialogue.ts'
import { type Checked, quoted, said } from './verdict.ts'

/** Connections at a time. */
const BATCH = 64
/** A server that has neither answered nor closed by then will not. */
const ANSWER_TIMEOUT_MS = 10_000

type HttpTask = Task<HttpUtterance>

/**
 * Says everything that `httpUtterances` has to a server, in every cutting, and judges its answers by the
 * specification. Behind each utterance comes a last request: a server that answers it has gone on, one that
 * refused has closed without looking at it, and the number of replies shows whether a second request was
 * smuggled in.
 */
export async function conformHttp(
  address: Address,
  { cut = bytes => cuttingsOf(bytes), isOurs = false, onProgress }: ConformanceOptions = {},
): Promise<Checked[]> {
  const barrier = new HttpBarrier(address)
  const server = { barrier, isOurs }
  try {
    return await inBatches({
      address,
      utterances: httpUtterances,
      cut,
      size: BATCH,
      carryOut: (tasks, dialogues) => carryOut(tasks, dialogues, server),
      onProgress,
    })
  } finally {
    await barrier.close()
  }
}

interface Server {
  barrier: HttpBarrier
  isOurs: boolean
}

/**
 * Two requests and replies on another connection, one after the other: what was sent on any connection before
 * the first was ready by the poll that told of it, and has been received before the poll that tells of the
 * second.
 */
class HttpBarrier {
  private readonly client: Client

  constructor(address: Address) {
    this.client = new Client(`http://${formatAddress(address)}`)
  }

  async pass(): Promise<void> {
    await this.request()
    await this.request()
  }

  /** Again, if it was this connection that something happened to. */
  private async request(): Promise<void> {
    const get = () => this.client.request({ method: 'GET', path: BARRIER_PATH })
    const { body } = await get().catch(get)
    await body.dump()
  }

  async close(): Promise<void> {
    await this.client.destroy()
  }
}

const BARRIER_PATH = '/rest/chaininfo.json'

async function carryOut(
  tasks: readonly HttpTask[],
  dialogues: readonly Dialogue[],
  { barrier, isOurs }: Server,
): Promise<Checked[]> {
  const early = new Set<HttpTask>()
  await sendInStep(tasks, dialogues, async sent => {
    await barrier.pass()
    for (const [i, task] of tasks.entries()) {
      const isWhole = sent >= task.cutting.pieces.length
      const { length } = dialogues[i].received
      if (!isWhole && length > 0 && mustWait(task.utterance, isOurs)) early.add(task)
    }
  })
  for (const dialogue of dialogues) dialogue.send(lastRequest)
  return Promise.all(
    tasks.map(async (task, i) => {
      const ending = await dialogues[i].until(() => false, ANSWER_TIMEOUT_MS)
      return judge(task, dialogues[i].received, ending, early.has(task), isOurs)
    }),
  )
}

/** Any prefix of it is a request that is not complete; who wants no body may say so before it has come. */
function mustWait({ interim, replies, afterwards }: HttpUtterance, isOurs: boolean): boolean {
  const isAlone = afterwards === 'goes on' && replies.length === 1 && interim !== true
  return isAlone && (isOurs || replies[0] === SERVED)
}

function judge(
  { utterance, cutting }: HttpTask,
  received: Buffer,
  ending: Ending | undefined,
  early: boolean,
  isOurs: boolean,
): Checked {
  const replies = repliesIn(received, place => place === 0 && utterance.headOnly === true)
  const problem = early
    ? 'was answered before it was complete'
    : problemOf(utterance, replies, ending, isOurs)
  return {
    utterance: utterance.name,
    cutting: cutting.name,
    transcript: isOurs
      ? [...replies.map(({ text }) => text), ending ?? 'silence'].join(' | ')
      : [
          ...replies.map(({ status }) => status),
          ending === undefined ? 'silence' : 'closed',
        ].join(),
    problem,
    conversation: [
      ...said(cutting.pieces),
      `> ${quoted(lastRequest)}`,
      `< ${quoted(received)}`,
      `< ${ending ?? 'silence'}`,
    ].join('\n'),
  }
}

function problemOf(
  { replies, afterwards, field, overLimit }: HttpUtterance,
  given: readonly HttpReply[],
  ending: Ending | undefined,
  isOurs: boolean,
): string | undefined {
  // Another server may have another limit: it takes this and goes on, or waits for the body.
  const isFree = overLimit === true && !isOurs
  if (ending === undefined) return isFree ? undefined : 'was neither answered nor closed'
  const wentOn =
    afterwards === 'goes on' ||
    ((afterwards === 'either' || isFree) && given.length > replies.length)
  const due = wentOn ? [...replies, SERVED] : replies
  const statuses = given.map(({ status }) => status)
  if (given.length > due.length) {
    return `${given.length} replies (${statuses.join(', ')}) where ${due.length} are due`
  }
  if (isFree) return undefined
  const right = due.map(reply => rightStatuses(reply, isOurs))
  const wrong = right.findIndex((allowed, i) => !allowed.includes(statuses[i]))
  if (wrong >= 0) {
    return `reply ${wrong + 1} is ${described(statuses[wrong], ending)}, where ${right[wrong].join(' or ')} is right`
  }
  const wrongBody = due.findIndex(({ body }, i) => isOurs && body?.test(bodyOf(given[i])) === false)
  if (wrongBody >= 0) return `reply ${wrongBody + 1} has another body`
  return field === undefined || field.test(headOf(given[0]))
    ? undefined
    : `no field ${field.source}`
}

function described(status: number | undefined, ending: Ending): string {
  if (status === undefined) return ending
  return Number.isNaN(status) ? 'none that can be read' : String(status)
}

function headOf({ text }: HttpReply): string {
  return text.slice(0, text.indexOf('\r\n\r\n') + 2)
}
