import { writeRequest } from '../../protocol/http/request.ts'
import {
  PAYJOIN_CONTENT_TYPE,
  PAYJOIN_TARGET,
  REPORT_BYTES,
  RequestBody,
  type RequestReport,
} from '../../protocol/payjoin/request-body.ts'
import { formatAddress } from '../../sock/address.ts'
import type { OutboundHttpSizes } from '../../threads/outbound-http-memory.ts'
import type { OutboundHttpOptions } from '../service-options.ts'

/** More than the head of a payjoin request ever has. */
const MAX_HEAD_BYTES = 512

/** What a connection's memory must hold. */
export function sizesFor({
  requestBodyBytes,
  maxReplyBytes,
}: OutboundHttpOptions): OutboundHttpSizes {
  return { requestBytes: MAX_HEAD_BYTES + requestBodyBytes, maxReplyBytes }
}

/** A wallet's request as it is on the wire: made once, and written anew for each request. */
export class PayjoinRequest {
  readonly bytes: Uint8Array
  private readonly body: RequestBody

  constructor({ target, requestBodyBytes, keepAlive }: OutboundHttpOptions) {
    this.body = new RequestBody(requestBodyBytes)
    this.bytes = writeRequest({
      method: 'POST',
      target: PAYJOIN_TARGET,
      host: formatAddress(target),
      body: { bytes: this.body.bytes, contentType: PAYJOIN_CONTENT_TYPE },
      keepAlive,
    })
  }

  write(sequence: number, previous: RequestReport | undefined): void {
    this.body.write(sequence, previous)
    const bodyAt = this.bytes.length - this.body.bytes.length
    this.bytes.set(this.body.bytes.subarray(0, REPORT_BYTES), bodyAt)
  }
}
