import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StderrTail, tellingLine } from './stderr-tail.ts'

test('the tail is the last 16 KiB, in whatever pieces they came', () => {
  const all = Buffer.from(Array.from({ length: 50_000 }, (_, i) => 97 + (i % 26)))
  for (const pieceSize of [999, 16 << 10, 20_000, 50_000]) {
    const tail = new StderrTail()
    for (let at = 0; at < all.length; at += pieceSize) tail.push(all.subarray(at, at + pieceSize))
    assert.equal(tail.text, all.subarray(-(16 << 10)).toString())
  }
})

test('what was written fits: all of it', () => {
  const tail = new StderrTail()
  tail.push(Buffer.from('a\n'))
  tail.push(Buffer.from('b\n'))
  assert.equal(tail.text, 'a\nb\n')
})

test('the telling line of an uncaught error is the error', () => {
  const stderr = [
    'file:///a.js:3',
    '    throw new Error(1)',
    '          ^',
    '',
    "Error [ERR_X]: it's broken",
    '    at f (file:///a.js:3:1) {',
    "  code: 'ERR_X'",
    '}',
    '',
    'Node.js v20.20.2',
    '',
  ].join('\n')
  assert.equal(tellingLine(stderr), "Error [ERR_X]: it's broken")
})

test('the telling line is one line, printable and short; nothing written is no line', () => {
  assert.equal(tellingLine('first\nsecond\u001b[31m\n'), 'second [31m')
  assert.equal(tellingLine('y'.repeat(1000)).length, 300)
  assert.equal(tellingLine(''), '')
})
