/**
 * What we use of autocannon's client beyond its public interface. Latencies of its public one are
 * floats, but it hides replies when it reconnects after each, decodes every body to a string
 * (4 ms per MB, and not exact for binary ones), goes on after errors, and drops the requests that
 * are still in flight when the last of its share was sent.
 */
export interface AutocannonClient {
  /** How many requests are this client's share. */
  readonly responseMax: number
  /** Told of everything that is sent and parsed; ours takes its place. */
  pipelinedRequests: RequestQueue
  readonly parser: { execute: (chunk: Buffer) => number | Error }
  /** The current connection. */
  readonly conn: AutocannonSocket
  /** Connects, and sends the first requests; also when the connection was lost. */
  _connect: () => void
  /** Sends one request. Called for each reply, too. */
  _doRequest: () => void
  destroy(): void
  on(event: 'connError', listener: (error: Error) => void): unknown
}

/** node:net's, with the handle that has the descriptor once it is connected. */
interface AutocannonSocket {
  readonly _handle: { readonly fd: number } | null
  setNoDelay(on: boolean): unknown
  once(event: 'connect', listener: () => void): unknown
  prependOnceListener(event: 'connect', listener: () => void): unknown
}

/** A client's requests in flight, oldest first: replies come in their order. */
export interface RequestQueue {
  /** Just before the request is written. */
  insertRequest(): void
  /** A chunk arrived, and is parsed next. */
  addByteCount(sizeBytes: number): void
  setHeaders(head: { statusCode: number }): void
  addBody(piece: Buffer): void
  /** The reply to the oldest request is complete. */
  terminateRequest(): TerminatedRequest
  /** The connection is given up. */
  clear(): void
}

/** What autocannon reads of a request that was answered. */
export interface TerminatedRequest {
  readonly headers: { readonly statusCode: number }
  readonly bytes: number
  /** In ms, as autocannon has it. */
  readonly duration: number
}

/**
 * @param client as autocannon hands it to `setupClient`
 * @throws if autocannon is not the one this was written for
 */
export function internalsOf(client: object): AutocannonClient {
  if (!isKnown(client)) {
    throw new Error('unknown version of autocannon: run npm ci to get the one this was written for')
  }
  return client
}

const queueMethods = [
  'insertRequest',
  'addByteCount',
  'setHeaders',
  'addBody',
  'terminateRequest',
  'clear',
]

function isKnown(client: object): client is AutocannonClient {
  return (
    'responseMax' in client &&
    typeof client.responseMax === 'number' &&
    hasMethods(client, ['_connect', '_doRequest', 'destroy', 'on']) &&
    'parser' in client &&
    hasMethods(client.parser, ['execute']) &&
    'pipelinedRequests' in client &&
    hasMethods(client.pipelinedRequests, queueMethods)
  )
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  const methods: Record<string, unknown> = Object(value)
  return names.every(name => typeof methods[name] === 'function')
}
