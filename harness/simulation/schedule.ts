import fc from 'fast-check'
import { type SendMode, sendModes } from '../../implementations/send-mode.ts'
import { httpUtterances } from '../behaviour/http-requests.ts'
import { p2pUtterances } from '../behaviour/p2p-messages.ts'
import { acceptErrnos, type Fault, pollErrnos, recvErrnos, sendErrnos } from './faults.ts'

/** Everything that happens in a simulation, as plain data. */
export interface Schedule {
  readonly protocol: 'p2p' | 'http'
  readonly sendMode: SendMode
  /** Of HTTP: 0 handles on the socket thread, 1 on a worker. */
  readonly workers: 0 | 1
  /** Capacity of each direction of a connection; small ones make short sends. */
  readonly pipeBytes: number
  readonly peers: readonly PeerPlan[]
  readonly acceptFaults: readonly FaultAt[]
  readonly pollFaults: readonly FaultAt[]
  readonly steps: readonly Step[]
  /** Of the order in which a handler takes peers. */
  readonly seed: number
}

export interface PeerPlan {
  /** What it says, in order: places in the protocol's list of utterances, or a ping or plain request. */
  readonly says: readonly (number | 'ping')[]
  /** P2P: how much of the handshake it makes. */
  readonly handshake: 'whole' | 'no verack' | 'none'
  readonly recvFaults: readonly FaultAt[]
  readonly sendFaults: readonly FaultAt[]
}

export interface FaultAt {
  /** Number of the call. */
  readonly at: number
  readonly fault: Fault
}

export type Step =
  | { readonly do: 'iterate' }
  | { readonly do: 'handle' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'connect' | 'half-close' | 'close' | 'reset'; readonly peer: number }
  | { readonly do: 'send' | 'read'; readonly peer: number; readonly bytes: number }

const MAX_PEERS = 3
const MAX_STEPS = 200

/** A simulation should cost milliseconds. */
const MAX_UTTERANCE_BYTES = 20_000

function utterancesFor(protocol: Schedule['protocol']) {
  return protocol === 'p2p' ? p2pUtterances : httpUtterances
}

/** Those that are cheap, and have one outcome. */
function cheapOnes(protocol: Schedule['protocol']): number[] {
  return [...utterancesFor(protocol).keys()].filter(i => {
    const { bytes, afterwards } = utterancesFor(protocol)[i]
    return bytes.length <= MAX_UTTERANCE_BYTES && afterwards !== 'either'
  })
}

/** Some endings are one in twenty, so that most connections live to see something. */
function harmlessOnes(protocol: Schedule['protocol']): number[] {
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
  { weight: 4, arbitrary: fc.record({ do: fc.constant('connect' as const), peer }) },
  {
    weight: 1,
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

function peerPlan(protocol: Schedule['protocol']): fc.Arbitrary<PeerPlan> {
  const says = fc.oneof(
    { weight: 10, arbitrary: fc.constant<'ping'>('ping') },
    { weight: 9, arbitrary: fc.constantFrom(...harmlessOnes(protocol)) },
    { weight: 1, arbitrary: fc.constantFrom(...cheapOnes(protocol)) },
  )
  return fc.record({
    says: fc.array(says, { minLength: 1, maxLength: 12, size: 'max' }),
    handshake: fc.oneof(
      { weight: 12, arbitrary: fc.constant<PeerPlan['handshake']>('whole') },
      { weight: 1, arbitrary: fc.constantFrom<PeerPlan['handshake'][]>('no verack', 'none') },
    ),
    // Half of all peers meet no error, so that nothing but a whole answer will do.
    recvFaults: fc.oneof(fc.constant([]), faults(recvErrnos, true, 40)),
    sendFaults: fc.oneof(fc.constant([]), faults(sendErrnos, true, 20)),
  })
}

export const schedules: fc.Arbitrary<Schedule> = fc
  .constantFrom<Schedule['protocol'][]>('p2p', 'http')
  .chain(protocol =>
    fc.record({
      protocol: fc.constant(protocol),
      sendMode: fc.constantFrom(...sendModes),
      workers: fc.constantFrom<(0 | 1)[]>(0, 1),
      pipeBytes: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(1 << 16)),
      peers: fc.array(peerPlan(protocol), { minLength: 1, maxLength: MAX_PEERS }),
      acceptFaults: faults(acceptErrnos, false, 6),
      pollFaults: faults(pollErrnos, false, MAX_STEPS),
      steps: fc.array(step, { maxLength: MAX_STEPS, size: 'max' }),
      seed: fc.nat(),
    }),
  )

/** The one schedule that belongs to a seed. */
export function scheduleOf(seed: number): Schedule {
  return fc.sample(schedules, { seed, numRuns: 1 })[0]
}
