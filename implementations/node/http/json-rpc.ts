import type { ReplyStatus } from '../../protocol/http/reply.ts'
import {
  headerBits,
  headerMerkleRoot,
  headerNonce,
  headerTime,
  headerVersion,
} from '../../protocol/p2p/block-header.ts'
import { hashFromHex, hashToHex } from '../../protocol/sha256d.ts'
import { chainWork, medianTime, REGTEST_DIFFICULTY } from './chain-info.ts'
import type { ChainStore } from './chain-store.ts'

/**
 * JSON-RPC as Core speaks it: `getblockcount`, `getbestblockhash`, `getblockheader` and `echo`;
 * errors of version 2.0 have HTTP status 200, those of older requests one of their own. A batch
 * has status 200, unless it is longer than 1,000 requests, which is one error. A notification is
 * answered like any other request.
 */
export function handleJsonRpc(
  store: ChainStore,
  body: Uint8Array,
): { status: ReplyStatus; text: string } {
  const parsed = parseJson(body)
  if (parsed === undefined) return oneReply(legacyReply(null, failure(ParseError, 'Parse error')))
  if (!Array.isArray(parsed)) return oneReply(handleOne(store, parsed))
  if (parsed.length > MAX_BATCH) {
    const tooLong = `Batch of ${parsed.length} requests: send at most ${MAX_BATCH}`
    return oneReply(legacyReply(null, failure(InvalidRequest, tooLong)))
  }
  return { status: 200, text: line(parsed.map(request => handleOne(store, request).message)) }
}

/** In requests. Each costs 2 bytes of the body at least, and its reply a hundred. */
const MAX_BATCH = 1_000

interface RpcReply {
  status: ReplyStatus
  message: object
}

type Outcome = { result: unknown } | { error: { code: number; message: string } }

function handleOne(store: ChainStore, request: unknown): RpcReply {
  if (!isObject(request))
    return legacyReply(null, failure(InvalidRequest, 'Invalid Request object'))
  const { id = null, jsonrpc } = request
  const outcome = execute(store, request)
  if (jsonrpc === '2.0') return { status: 200, message: { jsonrpc, ...outcome, id } }
  return legacyReply(id, outcome)
}

/** JSON-RPC 1.x. */
function legacyReply(id: unknown, outcome: Outcome): RpcReply {
  return 'error' in outcome
    ? { status: statusOf(outcome.error.code), message: { result: null, error: outcome.error, id } }
    : { status: 200, message: { result: outcome.result, error: null, id } }
}

/** Core's `JSONErrorReply`. */
function statusOf(code: number): ReplyStatus {
  if (code === InvalidRequest) return 400
  return code === MethodNotFound ? 404 : 500
}

function execute(store: ChainStore, { method, params = [] }: Record<string, unknown>): Outcome {
  if (typeof method !== 'string') return failure(InvalidRequest, 'Method must be a string')
  if (!Array.isArray(params)) return failure(InvalidRequest, 'Params must be an array')
  switch (method) {
    case 'getblockcount':
      return { result: store.tipHeight }
    case 'getbestblockhash':
      return { result: store.hashHex(store.tipHeight) }
    case 'getblockheader':
      return getBlockHeader(store, params[0], params[1] ?? true)
    case 'echo':
      return { result: params }
    default:
      return failure(MethodNotFound, 'Method not found')
  }
}

function getBlockHeader(store: ChainStore, hash: unknown, verbose: unknown): Outcome {
  if (typeof hash !== 'string') return failure(InvalidType, 'blockhash must be a string')
  if (!/^[0-9a-fA-F]{64}$/.test(hash)) {
    return failure(InvalidParameter, 'blockhash must be 64 hexadecimal digits')
  }
  const height = store.heightOf(hashFromHex(hash))
  if (height === undefined) return failure(InvalidAddressOrKey, 'Block not found')
  const header = store.header(height)
  if (verbose === false) return { result: Buffer.from(header).toString('hex') }
  const version = headerVersion(header, 0)
  return {
    result: {
      hash: store.hashHex(height),
      confirmations: store.tipHeight - height + 1,
      height,
      version,
      versionHex: (version >>> 0).toString(16).padStart(8, '0'),
      merkleroot: hashToHex(headerMerkleRoot(header, 0)),
      time: headerTime(header, 0),
      mediantime: medianTime(store, height),
      nonce: headerNonce(header, 0),
      bits: headerBits(header, 0).toString(16),
      difficulty: REGTEST_DIFFICULTY,
      chainwork: chainWork(height),
      ...(height > 0 && { previousblockhash: store.hashHex(height - 1) }),
      ...(height < store.tipHeight && { nextblockhash: store.hashHex(height + 1) }),
    },
  }
}

// Core's RPCErrorCode.
const ParseError = -32_700
const InvalidRequest = -32_600
const MethodNotFound = -32_601
const InvalidType = -3
const InvalidAddressOrKey = -5
const InvalidParameter = -8

function failure(code: number, message: string): Outcome {
  return { error: { code, message } }
}

function oneReply({ status, message }: RpcReply): { status: ReplyStatus; text: string } {
  return { status, text: line(message) }
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`
}

/** @returns undefined for what is no JSON */
function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString())
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
