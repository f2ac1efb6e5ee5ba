import { HEADER_SIZE } from '../../implementations/protocol/p2p/constants.ts'

export interface P2pMessage {
  type: string
  payload: Buffer
}

/** The complete messages in what a node has sent on one connection. */
export function messagesIn(received: Buffer): P2pMessage[] {
  const messages: P2pMessage[] = []
  for (let at = 0; at + HEADER_SIZE <= received.length; ) {
    const end = at + HEADER_SIZE + received.readUInt32LE(at + 16)
    if (end > received.length) break
    messages.push({
      type: received.toString('latin1', at + 4, at + 16).replace(/\0+$/, ''),
      payload: received.subarray(at + HEADER_SIZE, end),
    })
    at = end
  }
  return messages
}

/** The nonces of the pongs among them, in hex as on the wire, whatever their length. */
export function pongsIn(received: Buffer): string[] {
  return messagesIn(received)
    .filter(({ type }) => type === 'pong')
    .map(({ payload }) => payload.toString('hex'))
}

export function nonceInHex(nonce: bigint): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(nonce)
  return bytes.toString('hex')
}
