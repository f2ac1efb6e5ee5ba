import { repliesIn } from '../behaviour/http-replies.ts'
import { httpUtterances, plainRequest, rightStatuses } from '../behaviour/http-requests.ts'
import { p2pUtterances, ping, verack, version } from '../behaviour/p2p-messages.ts'
import { nonceInHex, pongsIn } from '../behaviour/p2p-messages-in.ts'
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
  /** The answers in what the subject has sent. */
  readonly answersIn: (received: Buffer) => string[]
}

/** The answers to pings are their nonces. */
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
  return expect({
    bytes: Buffer.concat([...hello, ...said]),
    answers: handshake === 'whole' ? nonces.map(nonce => [nonce]) : [],
    closes: end < 0 ? 'no' : handshake === 'whole' ? 'at once' : 'perhaps',
    answersIn: pongsIn,
  })
}

function isPartOfHandshake(what: PeerPlan['says'][number]): boolean {
  if (what === 'ping') return false
  const { bytes } = p2pUtterances[what]
  return bytes === version || bytes === verack
}

/** The answers are statuses. */
export function expectHttp({ says }: PeerPlan): Expectation {
  const requests = says.map(what => (what === 'ping' ? plainRequest : httpUtterances[what]))
  const end = requests.findIndex(({ afterwards }) => afterwards === 'closes')
  const heard = end < 0 ? requests : requests.slice(0, end + 1)
  const due = heard.flatMap(({ replies, headOnly }) =>
    replies.map(reply => ({ statuses: rightStatuses(reply, true), headOnly: headOnly === true })),
  )
  return expect({
    bytes: Buffer.concat(requests.map(({ bytes }) => bytes)),
    answers: due.map(({ statuses }) => statuses.map(String)),
    closes: end >= 0 ? 'after its answers' : 'no',
    answersIn: received =>
      repliesIn(received, place => due[place]?.headOnly ?? false).map(({ status }) =>
        String(status),
      ),
  })
}

function expect(conversation: Conversation): Expectation {
  return {
    bytes: conversation.bytes,
    problemOf: ({ received, state }, { isUndisturbed, stopping }) => {
      const all = conversation.answersIn(received)
      const given = stopping && all.at(-1) === REFUSED ? all.slice(0, -1) : all
      return (
        (isUndisturbed ? problemOfWhole(conversation, given, state) : undefined) ??
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
  if (given.at(-1) === CUT_OFF && closes !== 'at once') return 'was given a part of an answer'
  if (given.length < answers.length && (closes === 'no' || closes === 'after its answers')) {
    return `was answered ${list(given)} where ${list(answers.map(String))} is due`
  }
  const isOpen = state === 'open'
  if (isOpen && (closes === 'after its answers' || closes === 'at once'))
    return 'was not disconnected'
  return !isOpen && closes === 'no' ? `was disconnected (${state})` : undefined
}

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
