import { bodyOf, type HttpReply, repliesIn } from '../behaviour/http-replies.ts'
import {
  type ExpectedReply,
  httpUtterances,
  plainRequest,
  rightStatuses,
} from '../behaviour/http-requests.ts'
import { p2pUtterances, ping, verack, version } from '../behaviour/p2p-messages.ts'
import { flawOf, isCutOff, messagesIn, nonceInHex } from '../behaviour/p2p-messages-in.ts'
import type { Expectation } from './expectation.ts'
import type { PeerPlan } from './schedule.ts'
import type { PeerState } from './simulated-peer.ts'

/** What a client says, and the answers to it. */
interface Conversation {
  readonly bytes: Uint8Array
  /** Of each answer due, in order, the texts that are right. */
  readonly answers: readonly (readonly string[])[]
  /**
   * Whether the subject closes the connection because of something in it: after its answers (HTTP), or at
   * once, with those that could not be sent yet lost (Core's `CloseSocketDisconnect`). Without a handshake
   * it depends on how far the message is looked at.
   */
  readonly closes: 'no' | 'perhaps' | 'after its answers' | 'at once'
  /** Whether a subject that stops finishes the answers that it has begun; others close at once (Core). */
  readonly isFinished: boolean
  /** The answers in what the subject has sent. */
  readonly answersIn: (received: Buffer) => string[]
}

/** The answers to pings are their nonces; to a version, the node's own and a verack. */
export function expectP2p({ says: all, handshake }: PeerPlan): Expectation {
  const says = handshake === 'whole' ? all : all.filter(what => !isPartOfHandshake(what))
  const hello = { whole: [version, verack], 'no verack': [version], none: [] }[handshake]
  const said = says.map((what, i) =>
    what === 'ping' ? ping(BigInt(i + 1)) : p2pUtterances[what].bytes,
  )
  const end = says.findIndex(
    what => what !== 'ping' && p2pUtterances[what].afterwards === 'disconnects',
  )
  const heard = end < 0 ? says : says.slice(0, end)
  const nonces = [...heard.keys()]
    .filter(i => heard[i] === 'ping')
    .map(i => nonceInHex(BigInt(i + 1)))
  const greeting = ['version', 'verack']
  const answers = { whole: [...greeting, ...nonces], 'no verack': greeting, none: [] }[handshake]
  return expect({
    bytes: Buffer.concat([...hello, ...said]),
    answers: answers.map(answer => [answer]),
    closes: end < 0 ? 'no' : handshake === 'whole' ? 'at once' : 'perhaps',
    isFinished: false,
    answersIn: p2pAnswersIn,
  })
}

/** And whatever is no message. */
function p2pAnswersIn(received: Buffer): string[] {
  const messages = messagesIn(received)
  const answers = messages.flatMap(message => {
    const { type, payload } = message
    const flaw = flawOf(message)
    if (flaw !== undefined) return [flaw]
    if (type === 'pong') return [payload.toString('hex')]
    return type === 'version' || type === 'verack' ? [type] : []
  })
  return isCutOff(received) ? [...answers, CUT_OFF] : answers
}

function isPartOfHandshake(what: PeerPlan['says'][number]): boolean {
  if (what === 'ping') return false
  const { bytes } = p2pUtterances[what]
  return bytes === version || bytes === verack
}

/** The answers are statuses, with a right body. */
export function expectHttp({ says }: PeerPlan): Expectation {
  const requests = says.map(what => (what === 'ping' ? plainRequest : httpUtterances[what]))
  const end = requests.findIndex(({ afterwards }) => afterwards === 'closes')
  const heard = end < 0 ? requests : requests.slice(0, end + 1)
  const due = heard.flatMap(({ replies, headOnly }) =>
    replies.map(reply => ({ reply, headOnly: headOnly === true })),
  )
  return expect({
    bytes: Buffer.concat(requests.map(({ bytes }) => bytes)),
    answers: due.map(({ reply }) => rightStatuses(reply, true).map(String)),
    closes: end >= 0 ? 'after its answers' : 'no',
    isFinished: true,
    answersIn: received =>
      repliesIn(received, place => due[place]?.headOnly ?? false).map((given, place) =>
        answerIn(given, due[place]?.reply),
      ),
  })
}

function answerIn(given: HttpReply, due: ExpectedReply | undefined): string {
  const isAnother = given.status === due?.ours && due.body?.test(bodyOf(given)) === false
  return `${given.status}${isAnother ? ' with another body' : ''}`
}

function expect(conversation: Conversation): Expectation {
  return {
    bytes: conversation.bytes,
    problemOf: ({ received, state }, { isAtRest, isUndisturbed, stopping }) => {
      const all = conversation.answersIn(received)
      const given = stopping && all.at(-1) === REFUSED ? all.slice(0, -1) : all
      return (
        (isAtRest && isUndisturbed ? problemOfWhole(conversation, given, state) : undefined) ??
        (isUndisturbed && conversation.isFinished ? problemOfEnd(given) : undefined) ??
        problemOfPart(conversation, given)
      )
    },
  }
}

/** All of it, and nothing else. */
function problemOfWhole(
  { answers, closes }: Conversation,
  given: readonly string[],
  state: PeerState,
): string | undefined {
  const isOpen = state === 'open'
  const isWhole = closes === 'no' || closes === 'after its answers'
  if (given.at(-1) === CUT_OFF && (isWhole || isOpen)) return CUT_OFF_PROBLEM
  if (given.length < answers.length && isWhole) {
    return `was answered ${list(given)} where ${list(answers.map(String))} is due`
  }
  if (isOpen && (closes === 'after its answers' || closes === 'at once'))
    return 'was not disconnected'
  return !isOpen && closes === 'no' ? `was disconnected (${state})` : undefined
}

function problemOfEnd(given: readonly string[]): string | undefined {
  return given.at(-1) === CUT_OFF ? CUT_OFF_PROBLEM : undefined
}

const CUT_OFF_PROBLEM = 'was given a part of an answer'

/** A web server that stops takes no more requests. */
const REFUSED = '503'
/** The status of a reply that is not whole. */
const CUT_OFF = String(Number.NaN)

/** As far as it goes it must be right; its last answer may be cut off. */
function problemOfPart({ answers }: Conversation, given: readonly string[]): string | undefined {
  const whole = given.at(-1) === CUT_OFF ? given.slice(0, -1) : given
  const wrong = whole.findIndex((answer, i) => !answers[i]?.includes(answer))
  return wrong < 0
    ? undefined
    : `was answered ${list(whole)}, which is no beginning of ${list(answers.map(String))}`
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'nothing' : items.join(' ')
}
