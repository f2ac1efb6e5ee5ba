import { MAX_CONNECTIONS } from '../../implementations/node/loop-constants.ts'
import type { PushKind } from '../../implementations/protocol/sv2/messages/push-message.ts'
import { sendModes } from '../../implementations/send-mode.ts'
import type { Scenario, Workload } from '../scenario.ts'
import { oneOf, type Settings, settingsMatrix, wholeNumber } from '../settings.ts'
import type { PushPreparation } from './push-subjects.ts'

const messages: readonly PushKind[] = ['probe', 'new-template']

/** SOCK_MIN_RCVBUF of Linux, which doubles what is set. */
const MIN_BUFFER_BYTES = 2_304
const USUAL_BUFFER_BYTES = 256 << 10
const MAX_BUFFER_BYTES = 1 << 20

/** Messages pushed by the subject at moments of its own: what the optimistic send is about. */
export const push: Scenario = {
  name: 'push',
  summary: `messages pushed at random moments to 1 to ${MAX_CONNECTIONS} subscribers, in each send mode`,
  settings: [
    {
      name: 'message',
      meaning: 'what is pushed: probe (32 bytes), or new-template (Stratum v2, some 500 bytes)',
      fallback: 'probe',
    },
    {
      name: 'subscribers',
      meaning: `connections that each get every push, 1 to ${MAX_CONNECTIONS}`,
      fallback: '1',
    },
    { name: 'mode', meaning: 'who sends', fallback: sendModes.join(',') },
    {
      name: 'mean-interval-us',
      meaning: 'mean time from one push to the next; 0 chooses by the number of subscribers',
      fallback: '0',
    },
    { name: 'slices', meaning: 'measured slices per process, 1 to 10000', fallback: '3' },
    {
      name: 'slice-messages',
      meaning: 'pushes per slice; 0 chooses half a second of them',
      fallback: '0',
    },
    {
      name: 'buffer-bytes',
      meaning: `SO_SNDBUF and SO_RCVBUF of both ends, ${MIN_BUFFER_BYTES} (the kernel's least) to ${MAX_BUFFER_BYTES}; where messages do not fit, optimistic sends stay partial`,
      fallback: `${USUAL_BUFFER_BYTES}`,
    },
    { name: 'seed', meaning: 'of the random moments, 0 to 4294967295', fallback: '1' },
  ],
  driver: new URL('./driver.js', import.meta.url),

  workloads(settings) {
    return settingsMatrix(this, settings).map(workload)
  },
}

function workload(settings: Settings): Workload {
  const message = oneOf(settings, 'message', messages)
  const subscribers = wholeNumber(settings, 'subscribers', 1, MAX_CONNECTIONS)
  const sendMode = oneOf(settings, 'mode', sendModes)
  const seed = wholeNumber(settings, 'seed', 0, 0xffffffff)
  const slices = wholeNumber(settings, 'slices', 1, 10_000)
  const meanIntervalUs =
    wholeNumber(settings, 'mean-interval-us', 0, 1_000_000) || unhurriedIntervalUs(subscribers)
  const sliceMessages =
    wholeNumber(settings, 'slice-messages', 0, 100_000) || Math.ceil(SLICE_US / meanIntervalUs)
  const socketBufferBytes = wholeNumber(
    settings,
    'buffer-bytes',
    MIN_BUFFER_BYTES,
    MAX_BUFFER_BYTES,
  )
  const preparation: PushPreparation = { message, subscribers, meanIntervalUs, socketBufferBytes }
  return {
    scenario: 'push',
    parameters: {
      message,
      subscribers,
      mode: sendMode,
      meanIntervalUs,
      slices,
      sliceMessages,
      bufferBytes: socketBufferBytes,
      seed,
    },
    label: [
      message,
      subscribers === 1 ? '1 subscriber' : `${subscribers} subscribers`,
      ...(socketBufferBytes === USUAL_BUFFER_BYTES
        ? []
        : [`buffers of ${socketBufferBytes} bytes`]),
      sendMode,
    ].join(', '),
    unit: 'message',
    preparation,
    services: [
      {
        protocol: 'push',
        connections: 0,
        sendMode,
        message,
        meanIntervalUs,
        seed,
        socketBufferBytes,
      },
    ],
    loops: ['one'],
    lives: 'alone',
    idleMs: 500,
    measuresLatency: true,
    samplesTogether: subscribers,
    caveats: [
      DRIVER_CAVEAT,
      delayCaveat(subscribers),
      ...(sendMode === 'pollout' ? [POLLOUT_CAVEAT] : []),
    ],
    warmUp: Array(WARM_UP_PORTIONS).fill(Math.ceil(WARM_UP_PORTION_US / meanIntervalUs)),
    slices,
    sliceWork: sliceMessages,
    countingSlices: 1,
    rounds: ROUNDS,
  }
}

const DRIVER_CAVEAT =
  'the driver spins while it listens: its CPU is that of the time between messages'

/** The driver receives on all ready connections before it looks at anything. */
function delayCaveat(subscribers: number): string {
  const own = 'latencies include delays of the driver itself: its garbage collector'
  return subscribers === 1 ? own : `${own}, and up to ${subscribers} recvs in a row`
}

const POLLOUT_CAVEAT =
  'in mode pollout the socket thread never sleeps: CPU per message is that of the time between messages'

/**
 * A source that is quiet in between, again and again: with all pushes of the warm-up in one, V8
 * compiled for another 8 ms in the first slices, on the CPU of the thread that is to push.
 */
const WARM_UP_PORTIONS = 8
const WARM_UP_PORTION_US = 160_000
/** Three of them are pushes enough for a p99 of one process. */
const SLICE_US = 500_000
/** Takes some 4 s for each backend and mode; what the modes do to latency is a factor, not per cents. */
const ROUNDS = 1

/**
 * A message that waits for the loop's timeout waits for any part of 50 ms, however often there is
 * one; so as often as leaves a push the time to reach all its subscribers, some 8 µs each, several
 * times over.
 */
function unhurriedIntervalUs(subscribers: number): number {
  return Math.max(1_000, 60 * subscribers)
}
