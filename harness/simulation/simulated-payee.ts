import type { DynNetwork, DynSock } from '../../implementations/sock/dyn-sock.ts'
import type { PayjoinAnswer } from '../behaviour/payjoin-answers.ts'
import { SimulatedPeer } from './simulated-peer.ts'

/** The far end of a wallet's connection: gives its answers in turn, each once it is asked, then is silent. */
export class SimulatedPayee extends SimulatedPeer {
  private readonly answers: readonly PayjoinAnswer[]
  private readonly requestBytes: number
  private readonly hasty: boolean

  /** @param hasty it answers without waiting for the whole request */
  constructor(
    network: DynNetwork,
    sock: DynSock,
    answers: readonly PayjoinAnswer[],
    requestBytes: number,
    hasty: boolean,
  ) {
    super(network, Buffer.concat(answers.map(({ bytes }) => bytes)))
    this.answers = answers
    this.requestBytes = requestBytes
    this.hasty = hasty
    this.open(sock)
  }

  /** No two answers at once, so that one may come when nothing was asked. */
  override send(bytes: number): number {
    const n = super.send(Math.min(bytes, this.leftOfAnswer))
    const last = this.due.at(-1)
    if (last !== undefined && last.afterwards !== 'goes on' && this.sentBytes === this.dueBytes) {
      this.leave(last.afterwards === 'closes' ? 'close' : 'reset')
    }
    return n
  }

  protected override get dueBytes(): number {
    return this.due.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  private get leftOfAnswer(): number {
    let end = 0
    for (const { bytes } of this.answers) {
      end += bytes.length
      if (end > this.sentBytes) return end - this.sentBytes
    }
    return 0
  }

  private get due(): readonly PayjoinAnswer[] {
    if (this.hasty) return this.answers
    return this.answers.slice(0, Math.floor(this.receivedBytes / this.requestBytes))
  }
}
