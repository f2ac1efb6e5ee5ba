/**
 * What decoding a payload yields when it breaks the protocol: an expected outcome.
 * - `unreadable`: Core's deserialisation fails. The message is dropped, the peer stays connected.
 * - `overLimit`: readable, but with more entries than allowed. The peer is disconnected.
 */
export class Malformed {
  readonly kind: 'unreadable' | 'overLimit'
  readonly reason: string

  constructor(kind: 'unreadable' | 'overLimit', reason: string) {
    this.kind = kind
    this.reason = reason
  }
}
