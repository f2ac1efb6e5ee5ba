import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Address } from '../../implementations/sock/sock.ts'

/** How the other side ended a connection: with FIN, or with RST. */
export type Ending = 'end of file' | 'reset'

/** A connection on which bytes are sent as they are told, and everything is kept that comes back. */
export class Dialogue {
  private readonly socket: Socket
  private readonly chunks: Buffer[] = []
  private ending: Ending | undefined
  private wake = () => {}

  static async open({ host, port }: Address): Promise<Dialogue> {
    const socket = connect({ host, port, allowHalfOpen: true })
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) })
    } catch (error) {
      socket.destroy()
      throw error
    }
    return new Dialogue(socket)
  }

  /** So many; if one cannot be opened, none is. */
  static async openAll(address: Address, count: number): Promise<Dialogue[]> {
    const opened = await Promise.allSettled(
      Array.from({ length: count }, () => Dialogue.open(address)),
    )
    const dialogues = opened.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
    const failed = opened.find(one => one.status === 'rejected')
    if (failed === undefined) return dialogues
    for (const dialogue of dialogues) dialogue.close()
    throw failed.reason
  }

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', chunk => {
      this.chunks.push(chunk)
      this.wake()
    })
    socket.on('end', () => this.end('end of file'))
    socket.on('error', () => this.end('reset'))
    socket.on('close', () => this.end('reset'))
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks)
  }

  /** Bytes for a side that has closed are lost, as they would be to any client. */
  send(bytes: Uint8Array): void {
    if (this.ending !== 'reset') this.socket.write(bytes)
  }

  /** @returns how it ended; undefined once `isEnough` or after `timeoutMs` */
  async until(
    isEnough: (received: Buffer) => boolean,
    timeoutMs: number,
  ): Promise<Ending | undefined> {
    const deadlineMs = performance.now() + timeoutMs
    while (this.ending === undefined && !isEnough(this.received)) {
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0) break
      await this.news(leftMs)
    }
    return this.ending
  }

  close(): void {
    this.socket.destroy()
  }

  private end(ending: Ending): void {
    this.ending ??= ending
    this.wake()
  }

  private async news(timeoutMs: number): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, timeoutMs)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.wake = () => {}
  }
}

const CONNECT_TIMEOUT_MS = 10_000
