import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { REPORT_BYTES, RequestBody, replyDigest, requestEndings } from './request-body.ts'

const report = {
  ending: 'reply',
  latencyNs: 50_123_456_789,
  status: 200,
  replyBytes: 4_000_000_000,
  digest: 2 ** 48 - 1,
} as const

test('what a wallet reports is what the payee reads', () => {
  const [sent, expected] = [new RequestBody(100), new RequestBody(100)]
  sent.write(0, undefined)
  assert.deepEqual(expected.read(sent.bytes), { sequence: 0, previous: undefined })
  for (const ending of requestEndings) {
    sent.write(4_294_967_295, { ...report, ending })
    const read = expected.read(sent.bytes)
    assert.deepEqual(read, { sequence: 4_294_967_295, previous: { ...report, ending } })
  }
})

test('the bytes are those that the comment tells', () => {
  const body = new RequestBody(REPORT_BYTES + 3)
  body.write(1, { ...report, ending: 'timeout', latencyNs: 1, digest: 2 })
  assert.equal(
    Buffer.from(body.bytes).toString('hex'),
    '01000000' + // sequence
      '02000000' + // timeout is the second
      '000000000000f03f' + // 1 as f64
      'c8000000' + // status
      '00286bee' + // 4,000,000,000
      '0000000000000040' + // 2 as f64
      filler(REPORT_BYTES, 3),
  )
})

test('another length, other filler and unknown endings are no body', () => {
  const [sent, expected] = [new RequestBody(100), new RequestBody(100)]
  sent.write(1, report)
  assert.equal(expected.read(sent.bytes.subarray(0, 99)), undefined)
  assert.equal(expected.read(sent.bytes.subarray(0, REPORT_BYTES - 1)), undefined)
  assert.equal(expected.read(Buffer.concat([sent.bytes, Buffer.alloc(1)])), undefined)
  for (const [at, value] of [
    [REPORT_BYTES, 0],
    [99, 0],
    [4, requestEndings.length + 1],
  ]) {
    const bytes = Uint8Array.from(sent.bytes)
    bytes[at] = value
    assert.equal(expected.read(bytes), undefined, `byte ${at}`)
  }
  assert.throws(() => new RequestBody(REPORT_BYTES - 1), /a request body of 31 bytes: give 32/)
})

test('the digest is the start of the SHA-256, also of shared memory', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(40)).fill(5)
  const digest = createHash('sha256').update(Buffer.alloc(40, 5)).digest()
  assert.equal(replyDigest(shared), digest.readUIntBE(0, 6))
})

function filler(from: number, length: number): string {
  const bytes = Array.from({ length }, (_, i) => 1 + (((from + i) * 37) % 251))
  return Buffer.from(bytes).toString('hex')
}
