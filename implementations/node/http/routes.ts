import type { ReplyStatus } from '../../protocol/http/reply.ts'
import { hashFromHex } from '../../protocol/sha256d.ts'
import type { ChainStore } from './chain-store.ts'
import { handleJsonRpc } from './json-rpc.ts'

export interface Reply {
  status: ReplyStatus
  contentType: string
  body: Uint8Array
}

/** A request as a handler sees it. */
interface Request {
  method: string
  /** Origin form or absolute form (RFC 9112, 3.2), as sent. */
  target: string
  /** Valid until the handler returns; shared memory will do. */
  body: Uint8Array
}

export type RequestHandler = (store: ChainStore, request: Request) => Reply

/**
 * What is served, the same for every backend: of Core's REST interface `/rest/chaininfo.json`,
 * `/rest/block/<hash>.bin` and `/rest/headers/<count>/<hash>.bin`, and JSON-RPC at `POST /`. A HEAD
 * request is answered as GET; leaving the body out is the caller's. A hash that is not known is
 * 404, where Core answers a request for headers with none.
 */
export const handleRequest: RequestHandler = (store, { method, target, body }) => {
  const path = pathOf(target)
  if (path === '/') {
    if (method !== 'POST') return text(405, 'JSONRPC server handles only POST requests')
    const { status, text: answer } = handleJsonRpc(store, body)
    return json(status, Buffer.from(answer))
  }
  if (!knownMethods.includes(method)) return text(405, `${path} is not for this method: use GET`)
  for (const { pattern, handle } of restRoutes) {
    const match = pattern.exec(path)
    if (match === null) continue
    if (method === 'POST') return text(405, `${path} is not for POST: use GET`)
    return handle(store, match.slice(1))
  }
  return text(404, `${path} not found`)
}

/** Without scheme and authority, which only absolute form has, and without the query. */
function pathOf(target: string): string {
  const query = target.indexOf('?')
  const whole = query < 0 ? target : target.slice(0, query)
  if (whole.startsWith('/')) return whole
  const path = whole.replace(/^https?:\/\/[^/]*/i, '')
  return path === '' ? '/' : path
}

const knownMethods = ['GET', 'HEAD', 'POST']

interface RestRoute {
  pattern: RegExp
  /** @param parts of the path, as the pattern captures them */
  handle: (store: ChainStore, parts: string[]) => Reply
}

const restRoutes: readonly RestRoute[] = [
  {
    pattern: /^\/rest\/chaininfo\.json$/,
    handle: store => json(200, store.chainInfoJson),
  },
  {
    pattern: /^\/rest\/block\/([^/]*)\.bin$/,
    handle: (store, [hash]) =>
      atHash(store, hash, height => {
        const block = store.block(height)
        return block === undefined ? text(404, `${hash} not available`) : binary(block)
      }),
  },
  {
    pattern: /^\/rest\/headers\/([^/]*)\/([^/]*)\.bin$/,
    handle: (store, [count, hash]) => {
      if (!/^[0-9]{1,4}$/.test(count) || Number(count) < 1 || Number(count) > MAX_HEADERS) {
        return text(400, `Header count is invalid or out of acceptable range (1-${MAX_HEADERS})`)
      }
      return atHash(store, hash, height => binary(store.headers(height, Number(count))))
    },
  },
]

/** Core's MAX_REST_HEADERS_RESULTS. */
const MAX_HEADERS = 2_000

function atHash(store: ChainStore, hash: string, reply: (height: number) => Reply): Reply {
  if (!/^[0-9a-fA-F]{64}$/.test(hash)) return text(400, `Invalid hash: ${hash}`)
  const height = store.heightOf(hashFromHex(hash))
  return height === undefined ? text(404, `${hash} not found`) : reply(height)
}

function binary(body: Uint8Array): Reply {
  return { status: 200, contentType: 'application/octet-stream', body }
}

function json(status: ReplyStatus, body: Uint8Array): Reply {
  return { status, contentType: 'application/json', body }
}

function text(status: ReplyStatus, line: string): Reply {
  return { status, contentType: 'text/plain', body: Buffer.from(`${line}\r\n`) }
}
