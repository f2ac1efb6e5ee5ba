import fc from 'fast-check'
import { type SendMode, sendModes } from '../../implementations/send-mode.ts'
import { httpUtterances } from '../behaviour/http-requests.ts'
import { p2pUtterances } from '../behaviour/p2p-messages.ts'
import { lastAnswers, lastingAnswers, type PayjoinAnswer } from '../behaviour/payjoin-answers.ts'
import {
  acceptErrnos,
  type ConnectFault,
  completionErrnos,
  connectErrnos,
  type Fault,
  pollErrnos,
  recvErrnos,
  sendErrnos,
  socketErrnos,
} from './faults.ts'

/** Everything that happens in a simulation, as plain data. */
export interface Schedule {
  readonly protocol: 'p2p' | 'http' | 'push' | 'outbound-http'
  readonly sendMode: SendMode
  /** Of HTTP: 0 handles on the socket thread, 1 on a worker. */
  readonly workers: 0 | 1
  /** Of outbound HTTP: whether the wallet makes several requests on a connection. */
  readonly keepAlive: boolean
  /** Capacity of each direction of a connection; small ones make short sends. */
  readonly pipeBytes: number
  readonly peers: readonly PeerPlan[]
  readonly acceptFaults: readonly FaultAt[]
  /** Outbound HTTP. */
  readonly connectFaults: readonly { readonly at: number; readonly fault: ConnectFault }[]
  readonly pollFaults: readonly FaultAt[]
  readonly steps: readonly Step[]
  /** Of the order in which a handler takes peers. */
  readonly seed: number
}

export interface PeerPlan {
  /**
   * What it says, in order: places in the protocol's list of utterances, or a ping or plain request. A
   * subscriber's are the numbers of pushes that it asks for; a wallet's server's are its answers.
   */
  readonly says: readonly (number | 'ping')[]
  /** P2P: how much of the handshake it makes. */
  readonly handshake: 'whole' | 'no verack' | 'none'
  /** Outbound HTTP: it answers without waiting for the whole request. */
  readonly hasty: boolean
  readonly recvFaults: readonly FaultAt[]
  readonly sendFaults: readonly FaultAt[]
}

interface FaultAt {
  /** Number of the call. */
  readonly at: number
  readonly fault: Fault
}

export type Step =
  | { readonly do: 'iterate' }
  | { readonly do: 'handle' }
  /** The subject is told to stop; what follows happens meanwhile. */
  | { readonly do: 'stop' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'connect'; readonly peer: number }
  | PeerStep

/** What a peer does that is connected. */
export type PeerStep =
  | { readonly do: 'half-close' | 'close' | 'reset'; readonly peer: number }
  | { readonly do: 'send' | 'read'; readonly peer: number; readonly bytes: number }

const MAX_PEERS = 3
const MAX_STEPS = 200

/** A simulation should cost milliseconds. */
const MAX_UTTERANCE_BYTES = 20_000

/** What a wallet's server can say. */
export const payjoinAnswers = [...lastingAnswers, ...lastAnswers]

/** What a server of that plan answers; past the plans, nothing. */
export function answersOf(plan: PeerPlan | undefined): PayjoinAnswer[] {
  return (plan?.says ?? []).map(what => payjoinAnswers[Number(what)])
}

type Listening = 'p2p' | 'http'

function utterancesFor(protocol: Listening) {
  return protocol === 'p2p' ? p2pUtterances : httpUtterances
}

/** Those that are cheap, and have one outcome. */
function cheapOnes(protocol: Listening): number[] {
  return [...utterancesFor(protocol).keys()].filter(i => {
    const { bytes, afterwards } = utterancesFor(protocol)[i]
    return bytes.length <= MAX_UTTERANCE_BYTES && afterwards !== 'either'
  })
}

/** Some endings are one in twenty, so that most connections live to see something. */
function harmlessOnes(protocol: Listening): number[] {
  return cheapOnes(protocol).filter(i => utterancesFor(protocol)[i].afterwards === 'goes on')
}

const peer = fc.integer({ min: 0, max: MAX_PEERS - 1 })
const aFewBytes = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 2_000 }) },
  { weight: 1, arbitrary: fc.constant(1 << 20) },
)
/** The timeouts of handshake, headers, idle HTTP clients and inactivity are among what it passes. */
const wait = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 200 }) },
  { weight: 2, arbitrary: fc.constantFrom(2_000, 31_000, 61_000, 121_000) },
  { weight: 1, arbitrary: fc.constantFrom(601_000, 1_201_000) },
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: fc.constant<Step>({ do: 'iterate' }) },
  { weight: 20, arbitrary: fc.constant<Step>({ do: 'handle' }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: wait }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('connect' as const), peer }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom<('half-close' | 'close' | 'reset')[]>('half-close', 'close', 'reset'),
      peer,
    }),
  },
  {
    weight: 25,
    arbitrary: fc.record({ do: fc.constant('send' as const), peer, bytes: aFewBytes }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant('read' as const), peer, bytes: aFewBytes }),
  },
)

function steps(maxLength: number): fc.Arbitrary<Step[]> {
  return fc.array(step, { maxLength, size: 'max' })
}

const connectFault: fc.Arbitrary<ConnectFault> = fc.oneof(
  fc.record({ call: fc.constant('socket' as const), errno: fc.constantFrom(...socketErrnos) }),
  fc.record({ call: fc.constant('connect' as const), errno: fc.constantFrom(...connectErrnos) }),
  fc.record({
    call: fc.constant('completion' as const),
    errno: fc.oneof(fc.constant(0), fc.constantFrom(...completionErrnos)),
    // The wallet gives up after 5 s.
    afterMs: fc.constantFrom(0, 10, 120, 4_999, 5_001),
  }),
)

const noConnectFaults = fc.constant([])
const connectFaults = fc.array(fc.record({ at: fc.nat(8), fault: connectFault }), { maxLength: 5 })

function faults(
  errnos: readonly number[],
  shorts: boolean,
  maxCall: number,
): fc.Arbitrary<FaultAt[]> {
  const error = fc.constantFrom(...errnos).map((errno): Fault => ({ errno }))
  const short = fc.integer({ min: 1, max: 50 }).map((atMost): Fault => ({ atMost }))
  const fault = shorts ? fc.oneof(error, { weight: 3, arbitrary: short }) : error
  return fc.array(fc.record({ at: fc.nat(maxCall), fault }), { maxLength: 5 })
}

const saysFor: { readonly [P in Schedule['protocol']]: fc.Arbitrary<PeerPlan['says']> } = {
  p2p: utterances('p2p'),
  http: utterances('http'),
  push: fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }),
  'outbound-http': fc
    .tuple(
      fc.array(fc.nat(lastingAnswers.length - 1), { maxLength: 4 }),
      fc.integer({ min: lastingAnswers.length, max: payjoinAnswers.length - 1 }),
    )
    .map(([lasting, last]) => [...lasting, last]),
}

function utterances(protocol: Listening): fc.Arbitrary<PeerPlan['says']> {
  const says = fc.oneof(
    { weight: 10, arbitrary: fc.constant<'ping'>('ping') },
    { weight: 9, arbitrary: fc.constantFrom(...harmlessOnes(protocol)) },
    { weight: 1, arbitrary: fc.constantFrom(...cheapOnes(protocol)) },
  )
  return fc.array(says, { minLength: 1, maxLength: 12, size: 'max' })
}

function peerPlan(protocol: Schedule['protocol']): fc.Arbitrary<PeerPlan> {
  return fc.record({
    says: saysFor[protocol],
    handshake: fc.oneof(
      { weight: 12, arbitrary: fc.constant<PeerPlan['handshake']>('whole') },
      { weight: 1, arbitrary: fc.constantFrom<PeerPlan['handshake'][]>('no verack', 'none') },
    ),
    hasty: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
    // A third of all peers have no faults, so that nothing but a whole answer will do.
    recvFaults: fc.oneof(fc.constant([]), faults(recvErrnos, true, 40)),
    sendFaults: fc.oneof(fc.constant([]), faults(sendErrnos, true, 20)),
  })
}

export const schedules: fc.Arbitrary<Schedule> = fc
  .constantFrom<Schedule['protocol'][]>('p2p', 'http', 'push', 'outbound-http')
  .chain(protocol =>
    fc.record({
      protocol: fc.constant(protocol),
      sendMode: fc.constantFrom(...sendModes),
      workers: fc.constantFrom<(0 | 1)[]>(0, 1),
      keepAlive: fc.boolean(),
      pipeBytes: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(1 << 16)),
      peers: fc.array(peerPlan(protocol), { minLength: 1, maxLength: MAX_PEERS }),
      acceptFaults: faults(acceptErrnos, false, 6),
      connectFaults:
        protocol === 'outbound-http' ? fc.oneof(noConnectFaults, connectFaults) : noConnectFaults,
      pollFaults: faults(pollErrnos, false, MAX_STEPS),
      steps: fc.oneof(
        { weight: 5, arbitrary: steps(MAX_STEPS) },
        {
          weight: 1,
          arbitrary: fc
            .tuple(steps(MAX_STEPS - 50), steps(50))
            .map(([before, meanwhile]): Step[] => [
              ...before,
              { do: 'stop' },
              // A thread has a second to end; if none runs for so long, it may leave something open.
              ...meanwhile.filter(step => step.do !== 'wait'),
            ]),
        },
      ),
      seed: fc.nat(),
    }),
  )

/** The one schedule that belongs to a seed. */
export function scheduleOf(seed: number): Schedule {
  return fc.sample(schedules, { seed, numRuns: 1 })[0]
}
