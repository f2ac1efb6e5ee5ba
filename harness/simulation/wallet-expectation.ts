import { constants } from 'node:os'
import type { PayjoinAnswer } from '../behaviour/payjoin-answers.ts'
import type { PayjoinRequest, PayjoinRequests } from '../behaviour/payjoin-requests-in.ts'
import type { Circumstances } from './far-side.ts'
import { answersOf, type PeerPlan, type Schedule } from './schedule.ts'
import type { SimulatedPeer } from './simulated-peer.ts'

/** What a wallet must make of its servers' answers: each request tells of the one before. */
export class WalletExpectation {
  private readonly plans: readonly PeerPlan[]
  private readonly canFailToConnect: boolean
  private readonly requests: PayjoinRequests

  constructor(schedule: Schedule, requests: PayjoinRequests) {
    this.plans = schedule.peers
    this.canFailToConnect = canFailToConnect(schedule)
    this.requests = requests
  }

  /** @param peers its connections, in order */
  problems(peers: readonly SimulatedPeer[], circumstances: Circumstances): string[] {
    const { isAtRest, isUndisturbed } = circumstances
    const problems: string[] = []
    let before: Made | undefined
    for (const [place, { received }] of peers.entries()) {
      const requests = this.requests.in(received)
      if (requests === undefined) return [`connection ${place}: was sent what is no request`]
      for (const [i, request] of requests.entries()) {
        const problem = this.problemOf(request, before)
        if (problem !== undefined) problems.push(`request ${request.sequence}: ${problem}`)
        before = {
          sequence: request.sequence,
          place,
          answer: answersOf(this.plans[place])[i],
          isUndisturbed: isUndisturbed(place),
        }
      }
    }
    if (isAtRest) problems.push(...this.problemsAtRest(peers, before, isUndisturbed))
    return problems
  }

  /** A request tells what has become of the one before it. */
  private problemOf({ sequence, previous }: PayjoinRequest, before: Made | undefined) {
    if (sequence <= (before?.sequence ?? -1)) return `follows request ${before?.sequence}`
    if (previous === undefined) return sequence === 0 ? undefined : 'reports nothing'
    const { latencyNs, ...report } = previous
    if (!(latencyNs >= 0)) return `reports a latency of ${latencyNs} ns`
    if (before === undefined || before.sequence < sequence - 1) {
      // It did not get here whole, and only a hasty server may have replied.
      const isRight = report.ending !== 'reply' || this.plans.some(({ hasty }) => hasty)
      return isRight ? undefined : 'reports a reply to a request that was not received'
    }
    if (report.ending === 'timeout' && latencyNs < TIMEOUT_NS) {
      return `reports a timeout after ${latencyNs} ns`
    }
    return this.isRight(report, before)
      ? undefined
      : `reports ${JSON.stringify(report)} where the answer was ${before.answer?.name ?? 'none'}`
  }

  private isRight(
    report: PayjoinAnswer['report'],
    { answer, place, isUndisturbed }: Made,
  ): boolean {
    const due = answer?.report
    if (due !== undefined && JSON.stringify(report) === JSON.stringify(due)) return true
    const isCutOff = report.ending === 'closed-early' || report.ending === 'reset'
    // The server had left, or closed before it had read all.
    if (isCutOff && (answer === undefined || this.plans[place]?.hasty)) return true
    if (isUndisturbed) return false
    // A body without a length ends where the connection does.
    if (report.ending === 'reply') return answer?.afterwards === 'closes'
    return disturbedEndings.includes(report.ending)
  }

  /** It waits for an answer that never comes, and has no other connection. */
  private problemsAtRest(
    peers: readonly SimulatedPeer[],
    last: Made | undefined,
    isUndisturbed: Circumstances['isUndisturbed'],
  ): string[] {
    const problems: string[] = []
    for (const [place, { state, receivedBytes }] of peers.entries()) {
      if (state === 'open' && place < peers.length - 1) {
        problems.push(`connection ${place}: is of no use any more, and open`)
      }
      const isUsable = isUndisturbed(place) && !this.plans[place]?.hasty && !this.canFailToConnect
      if (isUsable && receivedBytes === 0) problems.push(`connection ${place}: was not used`)
    }
    const isWaiting =
      last?.place === peers.length - 1 &&
      (last.answer === undefined || last.answer.report.ending === 'timeout') &&
      peers[last.place].receivedBytes % this.requests.sizeBytes === 0
    return isWaiting ? problems : [...problems, 'the last connection has no request that waits']
  }
}

/** A connection that is made may be too late for the wallet, or poll does not tell of it. */
function canFailToConnect({ connectFaults, pollFaults }: Schedule): boolean {
  const isLate = connectFaults.some(
    ({ fault }) => fault.call === 'completion' && fault.afterMs >= CONNECT_TIMEOUT_MS,
  )
  const { errno } = constants
  return isLate || pollFaults.some(({ fault }) => 'errno' in fault && fault.errno !== errno.EINTR)
}

const CONNECT_TIMEOUT_MS = 5_000
/** Of a request. */
const TIMEOUT_NS = 30e9
/** Never `malformed` or `too-large`: that is said of an answer, and of those that are so alone. */
const disturbedEndings: readonly Ending[] = ['closed-early', 'reset', 'timeout', 'broken']

type Ending = PayjoinAnswer['report']['ending']

/** A request that was received whole. */
interface Made {
  readonly sequence: number
  readonly place: number
  /** None is given to it. */
  readonly answer: PayjoinAnswer | undefined
  readonly isUndisturbed: boolean
}
