import { replyHead } from '../../implementations/protocol/http/reply.ts'
import {
  PAYJOIN_CONTENT_TYPE,
  replyDigest,
} from '../../implementations/protocol/payjoin/request-body.ts'

/** Where the number of the request is, which makes each reply another. */
export const MIN_REPLY_BYTES = 4

/** A payee's reply as it is on the wire: made once, and written anew for each request. */
export class PayjoinReply {
  readonly bytes: Uint8Array
  readonly status = 200
  private readonly body: Uint8Array

  /** @param bodyBytes at least `MIN_REPLY_BYTES` */
  constructor(bodyBytes: number, keepAlive: boolean) {
    const head = replyHead({
      status: this.status,
      contentType: PAYJOIN_CONTENT_TYPE,
      bodyLength: bodyBytes,
      keepAlive,
      versionMinor: 1,
    })
    const filler = Uint8Array.from({ length: bodyBytes }, (_, index) => 1 + ((index * 41) % 251))
    this.bytes = Buffer.concat([head, filler])
    this.body = this.bytes.subarray(head.length)
  }

  get bodyBytes(): number {
    return this.body.length
  }

  /** @param sequence of the request */
  write(sequence: number): void {
    new DataView(this.body.buffer, this.body.byteOffset).setUint32(0, sequence, true)
  }

  /** What a wallet that has received it reports. */
  digest(): number {
    return replyDigest(this.body)
  }
}
