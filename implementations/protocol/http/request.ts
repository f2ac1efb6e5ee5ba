export interface Request {
  method: string
  target: string
  /** `HOST[:PORT]`, for the Host field. */
  host: string
  /** None: no body and no Content-Length. */
  body?: RequestBody
  /** Whether the server may keep the connection open after its reply. */
  keepAlive: boolean
}

interface RequestBody {
  bytes: Uint8Array
  contentType: string
}

/**
 * An HTTP/1.1 request, head and body.
 * @throws if a part of it would not stay in its place on the wire
 */
export function writeRequest({ method, target, host, body, keepAlive }: Request): Uint8Array {
  const head = Buffer.from(
    `${word(method, 'method')} ${word(target, 'target')} HTTP/1.1\r\n` +
      `Host: ${word(host, 'host')}\r\n` +
      (keepAlive ? '' : 'Connection: close\r\n') +
      (body === undefined ? '' : describe(body)) +
      '\r\n',
    'latin1',
  )
  return body === undefined ? head : Buffer.concat([head, body.bytes])
}

function describe({ bytes, contentType }: RequestBody): string {
  if (!/^[ -~]+$/.test(contentType)) throw misplaced(contentType, 'content type')
  return `Content-Type: ${contentType}\r\nContent-Length: ${bytes.length}\r\n`
}

/** Printable ASCII without a space. */
function word(text: string, what: string): string {
  if (!/^[!-~]+$/.test(text)) throw misplaced(text, what)
  return text
}

function misplaced(text: string, what: string): Error {
  return new Error(`HTTP request: the ${what} ${JSON.stringify(text)} is not printable ASCII`)
}
