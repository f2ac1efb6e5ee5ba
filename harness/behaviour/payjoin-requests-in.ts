import { writeRequest } from '../../implementations/protocol/http/request.ts'
import {
  PAYJOIN_CONTENT_TYPE,
  PAYJOIN_TARGET,
  REPORT_BYTES,
  RequestBody,
  type RequestReport,
} from '../../implementations/protocol/payjoin/request-body.ts'

export interface PayjoinRequest {
  readonly sequence: number
  readonly previous: RequestReport | undefined
}

/** A wallet's requests as they are on the wire: each as long as the other. */
export class PayjoinRequests {
  private readonly body: RequestBody
  private readonly bytes: Buffer

  /** @param host `HOST:PORT` */
  constructor(host: string, bodyBytes: number, keepAlive: boolean) {
    this.body = new RequestBody(bodyBytes)
    this.bytes = Buffer.from(
      writeRequest({
        method: 'POST',
        target: PAYJOIN_TARGET,
        host,
        body: { bytes: this.body.bytes, contentType: PAYJOIN_CONTENT_TYPE },
        keepAlive,
      }),
    )
  }

  /** Of each. */
  get sizeBytes(): number {
    return this.bytes.length
  }

  /**
   * What a wallet has sent on one connection; the last request may be cut off.
   * @returns undefined if that is no sequence of requests
   */
  in(received: Buffer): PayjoinRequest[] | undefined {
    const requests: PayjoinRequest[] = []
    for (let from = 0; from < received.length; from += this.sizeBytes) {
      const bytes = received.subarray(from, from + this.sizeBytes)
      if (!this.isSteadyPart(bytes)) return undefined
      if (bytes.length < this.sizeBytes) return requests
      const request = this.body.read(bytes.subarray(this.bodyAt))
      if (request === undefined) return undefined
      requests.push(request)
    }
    return requests
  }

  private get bodyAt(): number {
    return this.sizeBytes - this.body.bytes.length
  }

  /** All but the report is the same in every request. */
  private isSteadyPart(bytes: Buffer): boolean {
    const reportEnd = this.bodyAt + REPORT_BYTES
    return (
      bytes
        .subarray(0, this.bodyAt)
        .equals(this.bytes.subarray(0, Math.min(bytes.length, this.bodyAt))) &&
      bytes
        .subarray(reportEnd)
        .equals(this.bytes.subarray(reportEnd, Math.max(reportEnd, bytes.length)))
    )
  }
}
