import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  HEADER_SIZE,
  PROTOCOL_VERSION,
  REGTEST_MAGIC,
} from '../../implementations/protocol/p2p/constants.ts'
import { writeFrame } from '../../implementations/protocol/p2p/frame.ts'
import { MessageType } from '../../implementations/protocol/p2p/message-type.ts'
import { emptyPayload } from '../../implementations/protocol/p2p/messages/empty.ts'
import { encodePing } from '../../implementations/protocol/p2p/messages/ping.ts'
import { encodeVersion } from '../../implementations/protocol/p2p/messages/version.ts'
import { connectSock } from '../../implementations/sock/connect.ts'
import { isTransient } from '../../implementations/sock/errno.ts'
import { PosixNetwork, type PosixSock } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import type { DriverAnswer, DriverRequest } from '../driver-protocol.ts'
import { MessageStream } from './message-stream.ts'

/** How long a test waits for something that must come. */
const DEADLINE_MS = 10_000

const network = new PosixNetwork(createSyscallCounts())

export function connectTo(port: number): PosixSock {
  const sock = connectSock(network, { family: 4, host: '127.0.0.1', port }, DEADLINE_MS)
  if (typeof sock === 'number') throw new Error(`connect: ${sock}`)
  return sock
}

/** What `read` answers when it first answers something. The event loop runs in between. */
export async function until<T>(what: string, read: () => T | undefined): Promise<T> {
  const endsMs = performance.now() + DEADLINE_MS
  while (performance.now() < endsMs) {
    const value = read()
    if (value !== undefined) return value
    await nextTurn()
  }
  throw new Error(`${what} did not come`)
}

export interface Message {
  type: MessageType
  payload: Buffer
}

/** A P2P node as small as can be, steered by the test. */
export class TestNode {
  readonly sock: PosixSock
  readonly #stream = new MessageStream()
  readonly #received: Message[] = []
  #ended: string | undefined

  constructor(port: number) {
    this.sock = connectTo(port)
  }

  static async connected(port: number): Promise<TestNode> {
    const node = new TestNode(port)
    await node.shakeHands()
    return node
  }

  async shakeHands(): Promise<void> {
    const own = {
      version: PROTOCOL_VERSION,
      services: 0n,
      time: 0,
      nonce: 5n,
      startHeight: 0,
      relay: false,
    }
    this.send(MessageType.version, encodeVersion({ ...own, userAgent: '/test/' }))
    this.send(MessageType.wtxidrelay, emptyPayload)
    this.send(MessageType.sendaddrv2, emptyPayload)
    await this.next(MessageType.version)
    await this.next(MessageType.verack)
    this.send(MessageType.verack, emptyPayload)
  }

  send(type: MessageType, payload: Uint8Array): void {
    const frame = new Uint8Array(HEADER_SIZE + payload.length)
    writeFrame(frame, 0, REGTEST_MAGIC, type, payload)
    if (this.sock.send(frame, false) !== frame.length) throw new Error('short send of a request')
  }

  /** The next message, which must be of this type. */
  async next(type: MessageType): Promise<Buffer> {
    const message = await until(`message ${type}`, () => {
      this.#receive()
      const first = this.#received.shift()
      if (!first && this.#ended) throw new Error(`the connection ended: ${this.#ended}`)
      return first
    })
    if (message.type !== type) throw new Error(`message ${message.type} came instead of ${type}`)
    return message.payload
  }

  /** A ping of our own: what the server had to say before comes before its pong. */
  async roundTrip(): Promise<void> {
    this.send(MessageType.ping, encodePing(77n))
    await this.next(MessageType.pong)
  }

  async answerBarrier(): Promise<void> {
    this.send(MessageType.pong, await this.next(MessageType.ping))
  }

  async end(): Promise<string> {
    return until('the end of the connection', () => {
      this.#receive()
      return this.#ended
    })
  }

  #receive(): void {
    if (this.#ended) return
    this.#ended = this.#stream.receive(this.sock, (type, payload) => {
      this.#received.push({ type, payload: Buffer.from(payload) })
      return undefined
    })
  }
}

/** Exactly `sizeBytes` from a connection without a protocol. */
export async function readBytes(sock: PosixSock, sizeBytes: number): Promise<Buffer> {
  const bytes = Buffer.alloc(sizeBytes)
  let received = 0
  return until(`${sizeBytes} bytes`, () => {
    const n = received < sizeBytes ? sock.recv(bytes.subarray(received)) : 0
    if (n < 0 && !isTransient(-n)) throw new Error(`recv: ${n}`)
    if (n === 0 && received < sizeBytes) throw new Error('end of file')
    received += Math.max(n, 0)
    return received === sizeBytes ? bytes : undefined
  })
}

/** A driver process, as the harness starts it. */
export class TestDriver {
  readonly process: ChildProcess
  readonly answers: DriverAnswer[] = []

  /** @param module which is compiled, and another scenario's if it serves blocks, too */
  constructor(cacheDirectory: string, module = new URL('driver.js', import.meta.url)) {
    this.process = fork(module, {
      env: { ...process.env, SOCKBENCH_CACHE: cacheDirectory },
    })
    this.process.on('message', (answer: DriverAnswer) => this.answers.push(answer))
  }

  send(request: DriverRequest): void {
    this.process.send(request)
  }

  /** The oldest answer not taken yet, which must be of this kind. */
  async next<K extends DriverAnswer['kind']>(kind: K): Promise<DriverAnswer & { kind: K }> {
    const answer = await until(kind, () => this.answers.shift())
    if (!isOfKind(answer, kind)) throw new Error(`${JSON.stringify(answer)} instead of ${kind}`)
    return answer
  }

  async listen(subject: string, protocol: 'p2p' | 'raw', connections: number): Promise<number> {
    this.send({ kind: 'listen', subject, protocol, connections })
    return (await this.next('listening')).address.port
  }

  async exit(): Promise<number | null> {
    if (this.process.exitCode === null) await once(this.process, 'exit')
    return this.process.exitCode
  }
}

function isOfKind<K extends DriverAnswer['kind']>(
  answer: DriverAnswer,
  kind: K,
): answer is DriverAnswer & { kind: K } {
  return answer.kind === kind
}
