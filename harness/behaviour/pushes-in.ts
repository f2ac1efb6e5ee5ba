import { PushMessage } from '../../implementations/protocol/sv2/messages/push-message.ts'
import { Sv2Transport } from '../../implementations/protocol/sv2/sv2-transport.ts'

export { encodePushRequest } from '../../implementations/protocol/sv2/push-request.ts'

/** When a message was to be pushed, and when it was; its place among those of its connection, from 0. */
export interface Push {
  readonly sequence: number
  readonly intendedNs: number
  readonly pushedNs: number
}

/**
 * The probes in what a source has pushed on one connection; the last may be cut off.
 * @returns undefined if that is no sequence of probes
 */
export function pushesIn(received: Buffer): Push[] | undefined {
  const message = new PushMessage('probe')
  const transport = new Sv2Transport(message.payload.length)
  const pushes: Push[] = []
  for (let from = 0; from < received.length; ) {
    const consumed = transport.receivedBytes(received, from, received.length)
    if (consumed < 0) return undefined
    from += consumed
    if (!transport.complete) return pushes
    if (!message.receive(transport.messageType, transport.payload)) return undefined
    const { sequence, intendedNs, pushedNs } = message
    pushes.push({ sequence, intendedNs, pushedNs })
    transport.next()
  }
  return pushes
}
