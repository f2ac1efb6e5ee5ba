import { constants } from 'node:os'
import { httpUtterances } from '../behaviour/http-requests.ts'
import { type PeerPlan, payjoinAnswers, type Schedule } from './schedule.ts'

/** A schedule that has found a bug, or one that was planted, shrunk: they are run before any seed. */
interface Regression {
  readonly bug: string
  readonly schedule: Schedule
}

const { EACCES, ECONNREFUSED, EINTR } = constants.errno

export const regressions: readonly Regression[] = [
  {
    bug: 'a wallet that stops in the middle of a request is not told that its connection is closed',
    schedule: {
      ...plain('outbound-http', [peer([answer('a reply')])]),
      steps: [{ do: 'iterate' }, { do: 'stop' }, { do: 'handle' }],
    },
  },
  {
    bug: 'a subscriber that asks for something and then for nothing gets nothing',
    schedule: plain('push', [peer([1, 0])]),
  },
  {
    bug: 'what was sent in part is taken for sent, or SEND is not polled for: pushes',
    schedule: { ...plain('push', [peer([1])]), pipeBytes: 1 },
  },
  {
    bug: 'the same: requests, and their replies by bytes',
    schedule: {
      ...plain('outbound-http', [peer([answer('a body up to the end')])]),
      pipeBytes: 1,
    },
  },
  {
    bug: 'a subscriber is closed twice',
    schedule: {
      ...plain('push', [peer([0])]),
      steps: [
        { do: 'connect', peer: 0 },
        { do: 'half-close', peer: 0 },
      ],
    },
  },
  {
    bug: 'a subscriber that cannot be sent to is not closed',
    schedule: plain('push', [{ ...peer([1]), sendFaults: [{ at: 0, fault: { errno: EACCES } }] }]),
  },
  {
    bug: 'SO_ERROR of a connection in progress is not looked at',
    schedule: {
      ...plain('outbound-http', [peer([answer('a reply')])]),
      connectFaults: [{ at: 0, fault: { call: 'completion', errno: ECONNREFUSED, afterMs: 0 } }],
    },
  },
  {
    bug: 'an interrupted connect is taken for one that has failed',
    schedule: {
      ...plain('outbound-http', [peer([answer('a reply')])]),
      connectFaults: [{ at: 0, fault: { call: 'connect', errno: EINTR } }],
    },
  },
  {
    bug: 'a wallet goes on with half a reply of the connection before',
    schedule: {
      ...plain('outbound-http', [peer([answer('a reply')]), peer([answer('a reply')])]),
      steps: [
        { do: 'connect', peer: 0 },
        { do: 'half-close', peer: 0 },
      ],
    },
  },
  {
    bug: 'a connection is used again although more than its reply has come',
    schedule: {
      ...plain('outbound-http', [
        { ...peer([answer('a reply'), answer('bytes behind the reply')]), hasty: true },
      ]),
      keepAlive: true,
      steps: [
        { do: 'connect', peer: 0 },
        { do: 'send', peer: 0, bytes: 1 << 20 },
      ],
    },
  },
  {
    bug: 'messages that were sent are not erased, or those that were not',
    schedule: { ...plain('p2p', [peer(['ping'])]), pipeBytes: 1 },
  },
  {
    bug: 'EINTR ends a connection',
    schedule: plain('p2p', [
      { ...peer(['ping']), recvFaults: [{ at: 0, fault: { errno: EINTR } }] },
    ]),
  },
  {
    bug: 'what has arrived behind a request is dropped',
    schedule: {
      ...plain('http', [
        peer([
          request('a body in chunks of a byte'),
          'ping',
          request('a length with zeros'),
          'ping',
          'ping',
        ]),
      ]),
      workers: 1,
      pipeBytes: 56,
    },
  },
  {
    bug: 'a web server that stops waits for clients that have nothing in flight',
    schedule: {
      ...plain('http', [peer(['ping'])]),
      steps: [{ do: 'connect', peer: 0 }, { do: 'iterate' }, { do: 'stop' }],
    },
  },
  {
    bug: 'a web server that stops closes in the middle of a reply',
    schedule: {
      ...plain('http', [peer(['ping'])]),
      pipeBytes: 100,
      steps: [
        { do: 'connect', peer: 0 },
        { do: 'iterate' },
        { do: 'send', peer: 0, bytes: 1 << 20 },
        { do: 'iterate' },
        { do: 'stop' },
      ],
    },
  },
]

/** Nothing fails, and no step is taken: everybody just says what it has to say. */
function plain(protocol: Schedule['protocol'], peers: readonly PeerPlan[]): Schedule {
  return {
    protocol,
    sendMode: 'optimistic',
    workers: 0,
    keepAlive: false,
    pipeBytes: 1 << 16,
    peers,
    acceptFaults: [],
    connectFaults: [],
    pollFaults: [],
    steps: [],
    seed: 0,
  }
}

function peer(says: PeerPlan['says']): PeerPlan {
  return { says, handshake: 'whole', hasty: false, recvFaults: [], sendFaults: [] }
}

/** Its place among the utterances. */
function request(name: string): number {
  return httpUtterances.findIndex(known => known.name === name)
}

/** Its place among a payee's answers. */
function answer(name: string): number {
  return payjoinAnswers.findIndex(known => known.name === name)
}
