import { createHash } from 'node:crypto'
import { HEADER_SIZE } from '../../implementations/protocol/p2p/constants.ts'

export interface P2pMessage {
  header: Buffer
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
      header: received.subarray(at, at + HEADER_SIZE),
      type: received.toString('latin1', at + 4, at + 16).replace(/\0+$/, ''),
      payload: received.subarray(at + HEADER_SIZE, end),
    })
    at = end
  }
  return messages
}

/** Why it is no message of a node of ours; nothing of the code that is under test is asked. */
export function flawOf({ header, type, payload }: P2pMessage): string | undefined {
  if (!header.subarray(0, REGTEST_MAGIC.length).equals(REGTEST_MAGIC)) return 'wrong magic'
  const checksum = sha256(sha256(payload)).subarray(0, 4)
  if (!header.subarray(20).equals(checksum)) return `a ${type} with a wrong checksum`
  return typesSent.includes(type) ? undefined : `a message of type ${JSON.stringify(type)}`
}

/** Behind the complete messages there is a part of one, or something else. */
export function isCutOff(received: Buffer): boolean {
  const bytes = messagesIn(received).reduce((sum, m) => sum + HEADER_SIZE + m.payload.length, 0)
  return bytes < received.length
}

const REGTEST_MAGIC = Buffer.from('fabfb5da', 'hex')
const typesSent = [
  'version',
  'wtxidrelay',
  'sendaddrv2',
  'verack',
  'sendheaders',
  'sendcmpct',
  'feefilter',
  'pong',
  'getheaders',
  'getdata',
  'headers',
  'notfound',
]

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
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
