import {
  type RequestEnding,
  type RequestReport,
  replyDigest,
} from '../../implementations/protocol/payjoin/request-body.ts'

/** What a server answers a wallet's request, and what the wallet must make of it. */
export interface PayjoinAnswer {
  readonly name: string
  readonly bytes: Uint8Array
  /** What the server does then. */
  readonly afterwards: 'goes on' | 'closes' | 'resets'
  readonly report: Omit<RequestReport, 'latencyNs'>
}

/** The largest body that the wallets of the suites take. */
export const MAX_REPLY_BYTES = 1_000
/** Of a reply's head (Core's MAX_HEADERS_SIZE). */
const MAX_HEADERS_BYTES = 8_192

const LARGEST = 'x'.repeat(MAX_REPLY_BYTES)
const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'

/** After these a connection can be used again. */
export const lastingAnswers: readonly PayjoinAnswer[] = [
  replied('a reply', withLength('a proposal')),
  replied('another reply', withLength('another proposal')),
  replied('a reply without a body', withLength('')),
  replied('the largest body that is taken', withLength(LARGEST)),
  replied('an interim reply first', {
    ...withLength('after 100'),
    head: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n',
  }),
  replied('chunks and a trailer', {
    status: 200,
    head: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    text: '6\r\nchunks\r\n4;x=y\r\n and\r\n0\r\nTrailer: yes\r\n\r\n',
    body: 'chunks and',
  }),
  replied('an error with a body', {
    ...withLength('no'),
    status: 500,
    head: 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n',
  }),
]

/** These end the connection, or leave the wallet waiting. */
export const lastAnswers: readonly PayjoinAnswer[] = [
  {
    ...replied('a reply, and a close that was not announced', withLength('and gone')),
    afterwards: 'closes',
  },
  replied('a reply that announces a close', {
    ...withLength('the last'),
    head: 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\n',
  }),
  {
    ...replied('a body up to the end', {
      ...withLength('up to the end'),
      head: 'HTTP/1.1 200 OK\r\n\r\n',
    }),
    afterwards: 'closes',
  },
  replied('bytes behind the reply', { ...withLength('ten'), text: 'tenHTTP' }),
  { ...failed('closed-early', 'nothing, and closes', ''), afterwards: 'closes' },
  { ...failed('closed-early', 'half a reply, and closes', HALF), afterwards: 'closes' },
  { ...failed('reset', 'nothing, and resets', ''), afterwards: 'resets' },
  { ...failed('reset', 'half a reply, and resets', HALF), afterwards: 'resets' },
  {
    ...failed('reset', 'a body up to a reset', 'HTTP/1.1 200 OK\r\n\r\nhalf'),
    afterwards: 'resets',
  },
  failed('timeout', 'half a reply', HALF),
  failed('malformed', 'no HTTP', '220 smtp.example.com ESMTP\r\n'),
  failed(
    'malformed',
    'two lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n',
  ),
  failed('malformed', 'a chunk size that is none', `${chunkedHead()}x\r\n`),
  failed('too-large', 'a body above the limit', `${withLength(`${LARGEST}x`).head}${LARGEST}x`),
  failed('too-large', 'chunks above the limit', `${chunkedHead()}3e8\r\n${LARGEST}\r\n1\r\nx`),
  failed(
    'too-large',
    'a head above the limit',
    `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(MAX_HEADERS_BYTES)}`,
  ),
]

interface Reply {
  readonly status: number
  readonly head: string
  /** As it is sent. */
  readonly text: string
  readonly body: string
}

function withLength(body: string): Reply {
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`
  return { status: 200, head, text: body, body }
}

function chunkedHead(): string {
  return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
}

function replied(name: string, { status, head, text, body }: Reply): PayjoinAnswer {
  const digest = replyDigest(Buffer.from(body))
  return {
    name,
    bytes: Buffer.from(head + text),
    afterwards: 'goes on',
    report: { ending: 'reply', status, replyBytes: body.length, digest },
  }
}

function failed(ending: RequestEnding, name: string, text: string): PayjoinAnswer {
  const report = { ending, status: 0, replyBytes: 0, digest: 0 }
  return { name, bytes: Buffer.from(text), afterwards: 'goes on', report }
}
