import { REPORT_BYTES } from '../../implementations/protocol/payjoin/request-body.ts'
import { type SendMode, sendModes } from '../../implementations/send-mode.ts'
import type { Scenario, Workload } from '../scenario.ts'
import { oneOf, type Settings, settingsMatrix, wholeNumber } from '../settings.ts'
import type { PayeePreparation } from './payee.ts'
import { MIN_REPLY_BYTES } from './payjoin-reply.ts'

const MAX_BODY_BYTES = 16 << 20
const SOCKET_BUFFER_BYTES = 256 << 10

/** A wallet's payjoin requests to a payee in the driver, over each backend's own outbound connections. */
export const outboundHttp: Scenario = {
  name: 'outbound-http',
  summary: "a wallet's HTTP requests, one after the other, over connections that it opens",
  settings: [
    { name: 'mode', meaning: `who sends: ${sendModes.join(', ')}`, fallback: 'optimistic,wakeup' },
    {
      name: 'keep-alive',
      meaning: 'one connection for all requests (yes), or one for each (no)',
      fallback: 'no,yes',
    },
    {
      name: 'request',
      meaning: `bytes of a request's body, ${REPORT_BYTES} to ${MAX_BODY_BYTES}`,
      fallback: '1000',
    },
    {
      name: 'reply',
      meaning: `bytes of a reply's body, ${MIN_REPLY_BYTES} to ${MAX_BODY_BYTES}`,
      fallback: '1000',
    },
    { name: 'slices', meaning: 'measured slices per process, 1 to 10000', fallback: '4' },
    {
      name: 'slice-requests',
      meaning: 'requests per slice, 1 to 100000; 0 chooses by whether they wait for poll(2)',
      fallback: '0',
    },
  ],
  driver: new URL('./driver.js', import.meta.url),

  workloads(settings) {
    return settingsMatrix(this, settings).map(workload)
  },
}

function workload(settings: Settings): Workload {
  const sendMode = oneOf(settings, 'mode', sendModes)
  const keepAlive = oneOf(settings, 'keep-alive', ['yes', 'no']) === 'yes'
  const requestBytes = wholeNumber(settings, 'request', REPORT_BYTES, MAX_BODY_BYTES)
  const replyBytes = wholeNumber(settings, 'reply', MIN_REPLY_BYTES, MAX_BODY_BYTES)
  const slices = wholeNumber(settings, 'slices', 1, 10_000)
  const waits = waitForPoll(sendMode, keepAlive)
  const sliceRequests =
    wholeNumber(settings, 'slice-requests', 0, 100_000) ||
    (waits ? WAITING_SLICE_REQUESTS : SLICE_REQUESTS)
  const preparation: PayeePreparation = {
    requestBytes,
    replyBytes,
    keepAlive,
    socketBufferBytes: SOCKET_BUFFER_BYTES,
  }
  return {
    scenario: 'outbound-http',
    parameters: {
      mode: sendMode,
      keepAlive,
      requestBytes,
      replyBytes,
      slices,
      sliceRequests,
    },
    label: [
      keepAlive ? 'one connection' : 'a connection each',
      `${requestBytes} B for ${replyBytes} B`,
      sendMode,
    ].join(', '),
    unit: 'request',
    preparation,
    services: [
      {
        protocol: 'outbound-http',
        connections: 1,
        sendMode,
        socketBufferBytes: SOCKET_BUFFER_BYTES,
        requestBodyBytes: requestBytes,
        maxReplyBytes: replyBytes,
        timeoutMs: LONGEST_PAUSE_MS,
        keepAlive,
      },
    ],
    loops: ['one'],
    lives: sendMode === 'pollout' ? 'alone' : 'together',
    idleMs: 0,
    measuresLatency: true,
    samplesTogether: 1,
    caveats: [
      LIBUV_CAVEAT,
      ...(waits && sendMode !== 'queued' ? [ADDED_CAVEAT] : []),
      ...(sendMode === 'pollout' ? [POLLOUT_CAVEAT] : []),
    ],
    warmUp: [2 * sliceRequests],
    slices,
    sliceWork: sliceRequests,
    countingSlices: 1,
    rounds: ROUNDS,
  }
}

/**
 * Whether a request waits for up to the loop's timeout: in `queued` for each send; with a connection for
 * each because a poll(2) that sleeps does not know of it, unless something wakes it. `pollout` spins
 * only while there is a connection to poll.
 */
function waitForPoll(sendMode: SendMode, keepAlive: boolean): boolean {
  return sendMode === 'queued' || (!keepAlive && sendMode !== 'wakeup')
}

/** At some 50 ms each; with the usual number of slices a process has enough for the 50 ms detector. */
const WAITING_SLICE_REQUESTS = 30
const SLICE_REQUESTS = 500
const ROUNDS = 2

/** A wallet waits for a reply while others have their slices, and must not give up. */
const LONGEST_PAUSE_MS = 3_600_000

const LIBUV_CAVEAT = "libuv has socket buffers of the kernel's choice, the others of a fixed size"
const ADDED_CAVEAT =
  'nearly all of the latency is the wait of a new connection for the poll(2) that sleeps without it'
const POLLOUT_CAVEAT =
  'in mode pollout the socket thread spins while a connection is open: CPU per request is that of the time between requests'
