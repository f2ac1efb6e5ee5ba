/** What a client sends on a connection, and what a server must answer. */
export interface HttpUtterance {
  readonly name: string
  /** What demands it: a section of an RFC, or Bitcoin Core where the RFC leaves it open. */
  readonly source: string
  readonly bytes: Uint8Array
  /** In order. */
  readonly replies: readonly ExpectedReply[]
  /** Must be found in the first reply. */
  readonly field?: RegExp
  /** Whether it answers what is behind, or closes the connection without looking at it; `either` is right. */
  readonly afterwards: 'goes on' | 'closes' | 'either'
  /** The first reply has no body, whatever its length says. */
  readonly headOnly?: true
  /** It may be answered, with 100, before it is complete. */
  readonly interim?: true
  /** It is over a limit of Bitcoin Core's, and refused for that: other servers may have other limits. */
  readonly overLimit?: true
}

export interface ExpectedReply {
  /** Those that are right, of any server. */
  readonly statuses: readonly number[]
  /** The one that is right of a server with our routes, where others may give another. */
  readonly ours?: number
  /** Must be found in the body that a server with our routes sends with it. */
  readonly body?: RegExp
}

export function rightStatuses(
  { statuses, ours }: ExpectedReply,
  isOurs: boolean,
): readonly number[] {
  return isOurs && ours !== undefined ? [ours] : statuses
}

/** A server that does not know the target has answered, too. */
const HEAD_SERVED: ExpectedReply = { statuses: [200, 404], ours: 200 }
export const SERVED: ExpectedReply = { ...HEAD_SERVED, body: /^\{"chain":"regtest",.*\}\n$/ }
const POSTED: ExpectedReply = { statuses: [200, 400, 401, 403, 404, 405, 500] }
/** Of a body that has arrived whole, and of no other, our JSON-RPC makes 200. */
const ECHOED: ExpectedReply = { ...POSTED, ours: 200, body: /^\{.*"text".*\}\n$/ }
const BAD = [400]
/** A client has to know that nothing comes behind. */
const CLOSE_FIELD = /^Connection: close\r$/im

const INFO = '/rest/chaininfo.json'
const HOST = 'Host: a\r\n'
const GET = `GET ${INFO} HTTP/1.1\r\n${HOST}\r\n`
const NO_SUCH = `GET /no/such HTTP/1.1\r\n${HOST}\r\n`
const ECHO = '{"method":"echo","params":["text"],"id":1}'
const CHUNKED = `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`
const MAX_HEADERS_BYTES = 8_192
const MAX_BODY_BYTES = 32 << 20

/** The last request of a connection: a server that answers it has gone on, and closes now. */
export const lastRequest: Uint8Array = latin1(
  `GET ${INFO} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
)

export const plainRequest: HttpUtterance = served('a request', '9112 3', GET)

export const httpUtterances: readonly HttpUtterance[] = [
  plainRequest,
  {
    ...served('three requests at once', '9112 9.3.2', GET + NO_SUCH + GET),
    replies: [SERVED, { statuses: [404] }, SERVED],
  },
  served('empty lines before a request', '9112 2.2', `\r\n\r\n${GET}`),
  served('an absolute target', '9112 3.2.2', `GET http://a${INFO} HTTP/1.1\r\n${HOST}\r\n`),
  served('a query', '9112 3.2.1', `GET ${INFO}?a=%20&b HTTP/1.1\r\n${HOST}\r\n`),
  served('names in any case', '9110 5.1', `GET ${INFO} HTTP/1.1\r\nhOsT: a\r\nX-y: z\r\n\r\n`),
  served('white space around a value', '9112 5.1', get('Host: \t a \t \r\n')),
  {
    ...served('HTTP/1.0 that asks to stay', '9112 9.3', oldGet('Connection: keep-alive\r\n')),
    field: /^Connection: keep-alive\r$/im,
  },
  served('an Upgrade field', '9110 7.8', get(`${HOST}Connection: upgrade\r\nUpgrade: x\r\n`)),
  {
    ...served('HEAD', '9110 9.3.2', `HEAD ${INFO} HTTP/1.1\r\n${HOST}\r\n`),
    replies: [HEAD_SERVED],
    headOnly: true,
  },
  echoed('a body', '9112 6.2', post(`Content-Length: ${ECHO.length}\r\n`, ECHO)),
  echoed('a length with zeros', '9110 8.6', post(`Content-Length: 00${ECHO.length} \r\n`, ECHO)),
  echoed('a chunked body', '9112 7.1', chunkedEcho(7)),
  echoed('a body in chunks of a byte', '9112 7.1', chunkedEcho(1)),
  echoed(
    'chunk extensions and trailers',
    '9112 7.1.1',
    `${CHUNKED}${ECHO.length.toString(16)};a=b;c="d e"\r\n${ECHO}\r\n0;x\r\nX-T: y\r\n\r\n`,
  ),
  answered('an empty body', '9112 6.2', post('Content-Length: 0\r\n', ''), POSTED.statuses),
  {
    ...served(
      'an empty line after a body',
      '9112 2.2',
      `${post('Content-Length: 2\r\n', '{}')}\r\n${GET}`,
    ),
    replies: [POSTED, SERVED],
  },
  {
    ...echoed(
      'an expectation',
      '9110 10.1.1',
      post(`Expect: 100-continue\r\nContent-Length: ${ECHO.length}\r\n`, ECHO),
    ),
    interim: true,
  },
  {
    ...echoed(
      'two lengths that agree',
      '9112 6.3',
      post(`Content-Length: ${ECHO.length}\r\nContent-Length: ${ECHO.length}\r\n`, ECHO),
    ),
    replies: [POSTED],
    afterwards: 'either',
  },
  answered('an unknown path', '9110 15.5.5', NO_SUCH, [404]),
  {
    ...answered(
      'a method that no route has',
      '9110 15.5.6',
      `DELETE ${INFO} HTTP/1.1\r\n${HOST}\r\n`,
      [404, 405],
    ),
    afterwards: 'either',
  },

  last('Connection: close', '9112 9.6', get(`${HOST}Connection: close\r\n`)),
  last('Connection: Close, in a list', '9112 9.6', get(`${HOST}Connection: x, Close\r\n`)),
  { ...served('HTTP/1.0', '9112 9.3', oldGet('')), afterwards: 'closes' },

  refused('white space before a colon', '9112 5.1', get('Host : a\r\n')),
  refused('a folded header', '9112 5.2', get(`${HOST}X: a\r\n b\r\n`)),
  refused('white space before the first header', '9112 2.2', get(` ${HOST}`)),
  refused('an empty header name', '9112 5.1', get(`${HOST}: a\r\n`)),
  refused('no Host', '9112 3.2', get('X: a\r\n')),
  refused('two Hosts', '9112 3.2', get(HOST + HOST)),
  refused('NUL in the target', '9112 3.2', `GET /\0 HTTP/1.1\r\n${HOST}\r\n`),
  refused('NUL in a value', '9110 5.5', get(`${HOST}X: a\0b\r\n`)),
  refused('a bare CR in a value', '9112 2.2', get(`${HOST}X: a\rb\r\n`)),
  refused('a bare CR before a request', '9112 2.2', `\r\n\rZGET /evil HTTP/1.1\r\n${HOST}\r\n`),
  refused('a space in the target', '9112 3.2', `GET /a b HTTP/1.1\r\n${HOST}\r\n`),
  refused('no version', '9112 3', 'GET /\r\n\r\n', [400, 505]),
  refused('HTTP/9.9', '9110 15.6.6', `GET / HTTP/9.9\r\n${HOST}\r\n`, [400, 505]),
  refused('HTTP/1.00', '9112 2.3', `GET / HTTP/1.00\r\n${HOST}\r\n`, [400, 505]),
  refused('http/1.1', '9112 2.3', `GET / http/1.1\r\n${HOST}\r\n`, [400, 505]),
  {
    ...answered('an unknown method', '9110 9.1', `BREW / HTTP/1.1\r\n${HOST}\r\n`, [400, 405, 501]),
    afterwards: 'either',
  },
  {
    ...answered(
      'CONNECT',
      '9110 9.3.6',
      `CONNECT a:80 HTTP/1.1\r\n${HOST}\r\n`,
      [400, 404, 405, 501],
    ),
    afterwards: 'either',
  },
  refused('no HTTP at all', '9112 3', 'hello\r\n\r\n'),
  refused('the first bytes of TLS', '9112 3', '\x16\x03\x01\x02\x00\x01'),

  refused('two lengths', '9112 6.3', post('Content-Length: 2\r\nContent-Length: 3\r\n', '{}')),
  refused('a length of +1_0', '9110 8.6', post('Content-Length: +1_0\r\n', '{}')),
  refused('a length of -48', '9110 8.6', post('Content-Length: -48\r\n', '{}')),
  refused('an empty length', '9110 8.6', post('Content-Length: \r\n', '{}')),
  refused('a length of 1Z', '9110 8.6', post('Content-Length: 1Z\r\n', '{}')),
  refused('a list of lengths', '9110 8.6', post('Content-Length: 2, 3\r\n', '{}')),
  refused(
    'a length and a coding (CL.TE)',
    '9112 6.1',
    post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\nG'),
  ),
  refused(
    'a coding and a length (TE.CL)',
    '9112 6.1',
    post(
      'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n',
      `5c\r\nGET /evil HTTP/1.1\r\n${HOST}\r\n\r\n0\r\n\r\n`,
    ),
  ),
  refused(
    'chunked, identity',
    '9112 6.1',
    post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'),
    [400, 501],
  ),
  refused(
    'a coding of xchunked',
    '9112 6.1',
    post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'),
    [400, 501],
  ),
  refused(
    'a coding in HTTP/1.0',
    '9112 6.1',
    `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ),
  refused('a chunk size of 0_2e', '9112 7.1', `${CHUNKED}0_2e\r\n`),
  refused('a chunk size of 0x2', '9112 7.1', `${CHUNKED}0x2\r\n{}\r\n0\r\n\r\n`),
  refused('a chunk size of XVI', '9112 7.1', `${CHUNKED}XVI\r\n`),
  refused('a chunk size over 64 bits', '9112 7.1', `${CHUNKED}${'f'.repeat(17)}\r\n`, [400, 413]),
  refused('a chunk without CRLF behind it', '9112 7.1', `${CHUNKED}2\r\n{}X\r\n0\r\n\r\n`),
  refused('a chunk size ended by LF', '9112 7.1', `${CHUNKED}2\n{}\r\n0\r\n\r\n`),
  refused(
    'a valid request, then an invalid one',
    '9112 9.3.2',
    `${GET}GET / HTTP/1.1\r\n\r\n`,
    BAD,
    1,
  ),

  overLimit('headers over 8,192 bytes', '9110 5.4', get(longHeaders()), [400, 414, 431]),
  overLimit(
    'trailers over 8,192 bytes',
    '9112 7.1.2',
    `${CHUNKED}0\r\n${longHeaders()}\r\n`,
    [400, 413, 431],
  ),
  overLimit(
    'a target over 8,192 bytes',
    '9110 4.1',
    `GET /${'x'.repeat(MAX_HEADERS_BYTES)} HTTP/1.1\r\n${HOST}\r\n`,
    [400, 414, 431],
  ),
  overLimit(
    'a body over 32 MiB announced',
    '9110 15.5.14',
    post(`Content-Length: ${MAX_BODY_BYTES + 1}\r\n`, ''),
    [413],
  ),
]

function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

function get(headers: string): string {
  return `GET ${INFO} HTTP/1.1\r\n${headers}\r\n`
}

function oldGet(headers: string): string {
  return `GET ${INFO} HTTP/1.0\r\n${headers}\r\n`
}

function post(headers: string, body: string): string {
  return `POST / HTTP/1.1\r\n${HOST}${headers}\r\n${body}`
}

function chunkedEcho(chunkBytes: number): string {
  const pieces = ECHO.match(new RegExp(`.{1,${chunkBytes}}`, 'g')) ?? []
  const chunks = pieces.map(piece => `${piece.length.toString(16)}\r\n${piece}\r\n`)
  return `${CHUNKED}${chunks.join('')}0\r\n\r\n`
}

/** Each short; all of them with the request line just too long. */
function longHeaders(): string {
  const line = `X-Long: ${'x'.repeat(90)}\r\n`
  return HOST + line.repeat(Math.ceil(MAX_HEADERS_BYTES / line.length))
}

function served(name: string, source: string, text: string, count = 1): HttpUtterance {
  const replies = Array.from({ length: count }, () => SERVED)
  return { name, source: `RFC ${source}`, bytes: latin1(text), replies, afterwards: 'goes on' }
}

function echoed(name: string, source: string, text: string): HttpUtterance {
  return { ...served(name, source, text), replies: [ECHOED] }
}

function answered(
  name: string,
  source: string,
  text: string,
  statuses: readonly number[],
): HttpUtterance {
  return { ...served(name, source, text), replies: [{ statuses }] }
}

function last(name: string, source: string, text: string): HttpUtterance {
  return { ...served(name, source, text), afterwards: 'closes', field: CLOSE_FIELD }
}

/** @param before how many requests in it are valid */
function refused(
  name: string,
  source: string,
  text: string,
  statuses: readonly number[] = BAD,
  before = 0,
): HttpUtterance {
  const { replies, ...rest } = served(name, source, text, before)
  return { ...rest, replies: [...replies, { statuses }], afterwards: 'closes' }
}

function overLimit(
  name: string,
  source: string,
  text: string,
  statuses: readonly number[],
): HttpUtterance {
  return { ...refused(name, source, text, statuses), overLimit: true }
}
