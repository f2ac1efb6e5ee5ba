import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printable } from './printable.ts'

test('what a terminal or a parser would act on is made visible, and all of it is one line', () => {
  assert.equal(printable('\u001b[2Jboom\r\nagain\u009b\t'), '\\x1b[2Jboom\\x0d\\x0aagain\\x9b\\x09')
  assert.equal(printable('a\u0000b\uFFFEc\uFFFFd\uD800e'), 'a\\x00b\\ufffec\\uffffd\\ud800e')
})

test('everything else stays as it is', () => {
  const text = 'ibd (large), A′: +1.0 % [−0.2, 2.1] “\\x1b” 漢 😀'
  assert.equal(printable(text), text)
})
