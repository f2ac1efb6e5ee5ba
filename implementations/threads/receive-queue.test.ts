import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RECV_CHUNK_BYTES, ReceiveQueue, receiveQueueBytes } from './receive-queue.ts'

const HEADER_BYTES = 24
const LARGEST_FRAME_BYTES = 4_000_024
const OVERHEAD_BYTES = 128
const FLOOD_BYTES = 5_000_000

interface Frame {
  frameBytes: number
  /** Dropped ones are received and not delivered, as those with a bad checksum. */
  keep: boolean
}

/** A published message, as the test knows it. */
interface Live extends Frame {
  number: number
  start: number
}

/** Any byte of any frame differs from its neighbours' and from that of the frames before. */
const noise = Buffer.alloc(LARGEST_FRAME_BYTES + 100_003)
for (let i = 0, x = 1; i < noise.length; i++) {
  x = (Math.imul(x, 1664525) + 1013904223) | 0
  noise[i] = x >>> 24
}

function bytesOf(number: number, frameBytes: number): Buffer {
  const from = (number * 7919) % 100_003
  return noise.subarray(from, from + frameBytes)
}

/** A peer that sends `frames`, and both threads' use of the queue, checked at each step. */
class Session {
  readonly queue: ReceiveQueue
  private readonly frames: readonly Frame[]
  /** Of the frame that is on its way, and how much of it was received. */
  private sendingNumber = 0
  private sentBytes = 0
  private readonly live: Live[] = []
  private taken: Live | undefined
  private queuedBytes = 0
  delivered: number[] = []
  starvations = 0

  constructor(frames: readonly Frame[], firstMessage = 0) {
    this.frames = frames
    this.queue = new ReceiveQueue(new SharedArrayBuffer(receiveQueueBytes), 0)
    countFrom(this.queue, firstMessage)
  }

  get finished(): boolean {
    return this.sendingNumber === this.frames.length && this.live.length === 0
  }

  /** @returns whether anything was received */
  receive(atMostBytes: number): boolean {
    if (this.sendingNumber === this.frames.length) return false
    const flooded = this.queuedBytes > FLOOD_BYTES
    if (this.queue.paused) {
      if (!flooded) this.starvations++
      return false
    }
    assert.equal(flooded, false, 'not paused above the limit')
    const room = this.queue.reserve()
    if (room.length === 0) {
      this.starvations++
      return false
    }
    assert.equal(room.length, RECV_CHUNK_BYTES)
    const n = this.fill(room.subarray(0, atMostBytes))
    this.checkNothingLiveAt(room.byteOffset - this.queue.bytes.byteOffset, n)
    this.parse(this.queue.received(n), n)
    return true
  }

  take(): boolean {
    if (this.taken !== undefined) return false
    const [expected] = this.live
    assert.equal(this.queue.take(), expected !== undefined)
    if (expected === undefined) return false
    this.queuedBytes -= expected.frameBytes + OVERHEAD_BYTES
    this.taken = expected
    const { type, payloadOffset, payloadLength } = this.queue
    assert.equal(type, expected.number & 0xff)
    assert.equal(payloadOffset, expected.start + HEADER_BYTES)
    assert.equal(payloadLength, expected.frameBytes - HEADER_BYTES)
    this.checkBytes(expected)
    this.checkPaused()
    return true
  }

  release(): boolean {
    if (this.taken === undefined) return false
    this.checkBytes(this.taken)
    this.delivered.push(this.taken.number)
    this.live.shift()
    this.taken = undefined
    assert.equal(this.queue.release(), this.live.length > 0)
    return true
  }

  /** Handles all that waits, as a thread with nothing else to do. */
  drain(): void {
    do this.release()
    while (this.take())
  }

  private fill(room: Uint8Array): number {
    let filled = 0
    let number = this.sendingNumber
    let from = this.sentBytes
    while (filled < room.length && number < this.frames.length) {
      const { frameBytes } = this.frames[number]
      const piece = bytesOf(number, frameBytes).subarray(from, from + room.length - filled)
      room.set(piece, filled)
      filled += piece.length
      from += piece.length
      if (from < frameBytes) break
      number++
      from = 0
    }
    return filled
  }

  /** What `MessageReceiver` does, for frames of known lengths. */
  private parse(offset: number, n: number): void {
    let at = offset
    const to = offset + n
    while (at < to) {
      const frame = this.frames[this.sendingNumber]
      const piece = Math.min(to - at, frame.frameBytes - this.sentBytes)
      at += piece
      this.sentBytes += piece
      if (this.sentBytes === frame.frameBytes) this.complete(frame, at)
    }
    const headerIsHere = this.sentBytes >= HEADER_BYTES
    this.queue.expect(headerIsHere ? this.frames[this.sendingNumber].frameBytes : 0)
    const wasPaused = this.queuedBytes > FLOOD_BYTES
    this.queuedBytes = this.live
      .filter(message => message !== this.taken)
      .reduce((sum, { frameBytes }) => sum + frameBytes + OVERHEAD_BYTES, 0)
    assert.equal(this.queue.publish(), !wasPaused && this.queuedBytes > FLOOD_BYTES)
    this.checkPaused()
  }

  private complete(frame: Frame, end: number): void {
    const number = this.sendingNumber
    const payloadLength = frame.frameBytes - HEADER_BYTES
    if (frame.keep) {
      this.queue.append(number & 0xff, payloadLength, end)
      this.live.push({ ...frame, number, start: end - frame.frameBytes })
    } else {
      this.queue.drop(end)
    }
    this.sendingNumber++
    this.sentBytes = 0
  }

  private checkPaused(): void {
    if (this.queuedBytes > FLOOD_BYTES) assert.equal(this.queue.paused, true)
    else if (this.queue.paused) assert.equal(this.queue.reserve().length, 0, 'paused without need')
  }

  private checkNothingLiveAt(start: number, n: number): void {
    assert.ok(start >= 0 && start + RECV_CHUNK_BYTES <= this.queue.bytes.length)
    for (const message of this.live) {
      const overlaps = message.start < start + n && start < message.start + message.frameBytes
      assert.equal(overlaps, false, `message ${message.number} is received over`)
    }
  }

  private checkBytes({ number, start, frameBytes }: Live): void {
    const bytes = this.queue.bytes.subarray(start, start + frameBytes)
    assert.ok(bytesOf(number, frameBytes).equals(bytes), `message ${number} is damaged`)
  }
}

/** Sets the queue's message counters as they are after so many messages. */
function countFrom(queue: ReceiveQueue, message: number): void {
  Object.assign(queue, { appendedMessages: message, takenMessages: message })
  queue.release()
}

function keptNumbers(frames: readonly Frame[]): number[] {
  return frames.flatMap(({ keep }, number) => (keep ? [number] : []))
}

function finish(session: Session): void {
  while (!session.finished) {
    const received = session.receive(RECV_CHUNK_BYTES)
    if (!received) session.drain()
    assert.ok(received || session.finished || session.receive(RECV_CHUNK_BYTES), 'deadlocked')
  }
}

const frameBytes = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: HEADER_BYTES, max: 400 }) },
  { weight: 2, arbitrary: fc.integer({ min: HEADER_BYTES, max: 200_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 2_000_000, max: LARGEST_FRAME_BYTES }) },
  { weight: 1, arbitrary: fc.constant(LARGEST_FRAME_BYTES) },
)
const someFrames = fc.array(fc.record({ frameBytes, keep: fc.nat(3).map(n => n > 0) }), {
  minLength: 1,
  maxLength: 25,
})
const someSteps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ receive: fc.constant(RECV_CHUNK_BYTES) }) },
    { weight: 1, arbitrary: fc.record({ receive: fc.integer({ min: 1, max: 30 }) }) },
    { weight: 1, arbitrary: fc.record({ receive: fc.integer({ min: 1, max: RECV_CHUNK_BYTES }) }) },
    { weight: 2, arbitrary: fc.constantFrom('take' as const, 'release' as const) },
  ),
  { minLength: 1, maxLength: 300 },
)

test('every message arrives once, in order, undamaged, however threads and sizes interleave', () => {
  fc.assert(
    fc.property(someFrames, someSteps, (frames, steps) => {
      const session = new Session(frames)
      for (const step of steps) {
        if (step === 'take') session.take()
        else if (step === 'release') session.release()
        else session.receive(step.receive)
      }
      finish(session)
      assert.deepEqual(session.delivered, keptNumbers(frames))
    }),
    { numRuns: 60 },
  )
})

test('thousands of the smallest messages arrive in order, past the flood limit', () => {
  const frames = Array.from({ length: 70_000 }, () => ({ frameBytes: HEADER_BYTES, keep: true }))
  const session = new Session(frames)
  for (let i = 0; i < 100; i++) session.receive(RECV_CHUNK_BYTES)
  finish(session)
  assert.deepEqual(session.delivered, keptNumbers(frames))
})

test('message numbers may pass 2^31 and 2^32', () => {
  for (const first of [2 ** 31 - 3, 2 ** 32 - 3]) {
    const frames = Array.from({ length: 36 }, (_, i) => ({
      frameBytes: i % 3 === 0 ? LARGEST_FRAME_BYTES : HEADER_BYTES,
      keep: true,
    }))
    const session = new Session(frames, first)
    finish(session)
    assert.deepEqual(session.delivered, keptNumbers(frames))
  }
})

test('tiny messages between dropped huge ones may leave no gap: it pauses until one is released', () => {
  const dropped = { frameBytes: 3_900_000, keep: false }
  const tiny = { frameBytes: HEADER_BYTES, keep: true }
  const pair = [dropped, tiny]
  const frames = [...pair, ...pair, ...pair, ...pair, ...pair, ...pair]
  const session = new Session(frames)
  while (session.receive(RECV_CHUNK_BYTES));
  assert.ok(session.starvations > 0)
  assert.equal(session.queue.paused, true)
  session.drain()
  assert.equal(session.queue.paused, false)
  finish(session)
  assert.deepEqual(session.delivered, keptNumbers(frames))
})

test('it pauses above 5,000,000 counted bytes, not at them, and resumes at them', () => {
  const { queue } = new Session([])
  const appendOne = (bytes: number) => {
    for (let left = bytes; left > 0; left -= RECV_CHUNK_BYTES) {
      queue.expect(bytes)
      assert.equal(queue.reserve().length, RECV_CHUNK_BYTES)
      const n = Math.min(left, RECV_CHUNK_BYTES)
      const from = queue.received(n)
      if (n === left) queue.append(1, bytes - HEADER_BYTES, from + n)
    }
    queue.expect(0)
  }
  appendOne(3_000_000)
  assert.equal(queue.publish(), false)
  appendOne(2_000_000 - 3 * OVERHEAD_BYTES - HEADER_BYTES)
  appendOne(HEADER_BYTES)
  assert.equal(queue.publish(), false)
  assert.equal(queue.paused, false, '5,000,000 bytes are not too many')
  appendOne(HEADER_BYTES)
  assert.equal(queue.publish(), true)
  assert.equal(queue.paused, true)
  assert.equal(queue.publish(), false, 'a pause is told once')
  assert.equal(queue.takeResumeDelayMs(), -1)
  queue.take()
  assert.equal(queue.paused, false, 'no hysteresis')
  assert.ok(queue.takeResumeDelayMs() >= 0)
  assert.equal(queue.takeResumeDelayMs(), -1, 'told once')
})

test('an appended message is taken only after it was published', () => {
  const { queue } = new Session([])
  queue.reserve()
  queue.append(1, 0, queue.received(HEADER_BYTES) + HEADER_BYTES)
  assert.equal(queue.take(), false)
  queue.publish()
  assert.equal(queue.take(), true)
  assert.equal(queue.release(), false)
})
