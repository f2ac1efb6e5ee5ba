/**
 * What a subscriber tells a source of messages, the only thing it says: a count, u32 little-endian,
 * without a frame. It means: push so many messages to every subscriber from now on, at the source's
 * own moments, and then be quiet. A source is quiet until it is asked, so that idle is idle, and what
 * is pushed has a definite size. Any subscriber may ask; the last one to ask replaces what is left,
 * and 0 asks for nothing. When the last subscriber leaves, what is left is forgotten.
 */
const PUSH_REQUEST_SIZE = 4
export const MAX_PUSH_REQUEST = 0xffff_ffff

export function encodePushRequest(messages: number): Uint8Array {
  const bytes = Buffer.alloc(PUSH_REQUEST_SIZE)
  bytes.writeUInt32LE(messages)
  return bytes
}

/** Takes the requests out of a subscriber's stream of bytes, which may be split anywhere. */
export class PushRequestTransport {
  private readonly request = Buffer.alloc(PUSH_REQUEST_SIZE)
  private receivedLength = 0

  /** @returns the last request for something that these bytes complete, or 0 */
  receivedBytes(bytes: Uint8Array): number {
    let messages = 0
    for (const byte of bytes) {
      this.request[this.receivedLength++] = byte
      if (this.receivedLength < PUSH_REQUEST_SIZE) continue
      this.receivedLength = 0
      messages = this.request.readUInt32LE() || messages
    }
    return messages
  }
}
