import type { ChainStore } from '../../implementations/node/http/chain-store.ts'
import { handleRequest } from '../../implementations/node/http/routes.ts'
import type { ExpectedReply } from './expected-reply.ts'
import type { HttpRequest } from './http-request.ts'

/**
 * What is asked for, and how large the reply is: the chain's state (400 B), 2,000 headers (160 kB),
 * a block (990 kB, more than a socket buffer takes), or the number of blocks by JSON-RPC (40 B).
 */
export const requestKinds = ['small', 'headers', 'block', 'rpc'] as const
export type RequestKind = (typeof requestKinds)[number]

/** @param store of a chain with the headers and the block */
export function requestOf(kind: RequestKind, store: ChainStore): HttpRequest {
  switch (kind) {
    case 'small':
      return get('/rest/chaininfo.json')
    case 'headers':
      return get(`/rest/headers/${HEADERS}/${store.hashHex(1)}.bin`)
    case 'block':
      return get(`/rest/block/${store.hashHex(store.tipHeight)}.bin`)
    case 'rpc': {
      const call = { jsonrpc: '2.0', id: 1, method: 'getblockcount', params: [] }
      return { method: 'POST', path: '/', body: Buffer.from(JSON.stringify(call)) }
    }
  }
}

/** As many as one request may ask for. */
const HEADERS = 2_000

/** The reply that every server must give: what the pure handler of requests answers. */
export function expectedReplyTo(
  { method, path, body }: HttpRequest,
  store: ChainStore,
): ExpectedReply {
  const reply = handleRequest(store, { method, target: path, body })
  return { status: reply.status, body: Buffer.from(reply.body) }
}

function get(path: string): HttpRequest {
  return { method: 'GET', path, body: Buffer.alloc(0) }
}
