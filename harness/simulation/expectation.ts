import { repliesIn } from '../behaviour/http-replies.ts'
import { httpUtterances, plainRequest, rightStatuses } from '../behaviour/http-requests.ts'
import { p2pUtterances, ping, verack, version } from '../behaviour/p2p-messages.ts'
import { nonceInHex, pongsIn } from '../behaviour/p2p-messages-in.ts'
import type { PeerPlan, Schedule } from './schedule.ts'

/** What a peer says, and what a correct subject makes of all of it. */
export interface Expectation {
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

export function expectationOf(protocol: Schedule['protocol'], plan: PeerPlan): Expectation {
  return protocol === 'p2p' ? expectP2p(plan) : expectHttp(plan)
}

/** The answers to pings are their nonces. */
function expectP2p({ says: all, handshake }: PeerPlan): Expectation {
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
  return {
    bytes: Buffer.concat([...hello, ...said]),
    answers: handshake === 'whole' ? nonces.map(nonce => [nonce]) : [],
    closes: end < 0 ? 'no' : handshake === 'whole' ? 'at once' : 'perhaps',
    answersIn: pongsIn,
  }
}

function isPartOfHandshake(what: PeerPlan['says'][number]): boolean {
  if (what === 'ping') return false
  const { bytes } = p2pUtterances[what]
  return bytes === version || bytes === verack
}

/** The answers are statuses. */
function expectHttp({ says }: PeerPlan): Expectation {
  const requests = says.map(what => (what === 'ping' ? plainRequest : httpUtterances[what]))
  const end = requests.findIndex(({ afterwards }) => afterwards === 'closes')
  const heard = end < 0 ? requests : requests.slice(0, end + 1)
  const due = heard.flatMap(({ replies, headOnly }) =>
    replies.map(reply => ({ statuses: rightStatuses(reply, true), headOnly: headOnly === true })),
  )
  return {
    bytes: Buffer.concat(requests.map(({ bytes }) => bytes)),
    answers: due.map(({ statuses }) => statuses.map(String)),
    closes: end >= 0 ? 'after its answers' : 'no',
    answersIn: received =>
      repliesIn(received, place => due[place]?.headOnly ?? false).map(({ status }) =>
        String(status),
      ),
  }
}
