import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplyComparison } from './expected-reply.ts'

const expected = { status: 200, body: Buffer.from('0123456789') }

test('a right body is right in any pieces, reply after reply', () => {
  const comparison = new ReplyComparison(expected)
  for (const cut of [0, 1, 9, 10]) {
    assert.equal(comparison.compareStatus(200), undefined)
    assert.equal(comparison.compareBody(expected.body.subarray(0, cut)), undefined)
    assert.equal(comparison.missingBytes, 10 - cut)
    assert.equal(comparison.progress, `${cut} of 10 bytes of its body had come`)
    assert.equal(comparison.compareBody(expected.body.subarray(cut)), undefined)
    assert.equal(comparison.compareEnd(), undefined)
  }
})

test('what is wrong is named: status, length, the first byte that differs', () => {
  const comparison = new ReplyComparison(expected)
  assert.equal(comparison.compareStatus(500), 'status 500 instead of 200')
  assert.equal(comparison.compareLength(11), 'length 11 instead of 10')
  assert.equal(comparison.compareBody(Buffer.from('0123')), undefined)
  assert.equal(comparison.compareBody(Buffer.from('45x7y')), 'body differs at byte 6')
  assert.equal(comparison.compareBody(Buffer.from('4567890')), 'length above 10')
  assert.equal(comparison.compareEnd(), 'length 4 instead of 10')
})

test('an empty body is too short, unless it is expected', () => {
  assert.equal(new ReplyComparison(expected).compareEnd(), 'length 0 instead of 10')
  const empty = { status: 200, body: Buffer.alloc(0) }
  assert.equal(new ReplyComparison(empty).compareEnd(), undefined)
  assert.equal(new ReplyComparison(empty).compareBody(Buffer.from('x')), 'length above 0')
})
