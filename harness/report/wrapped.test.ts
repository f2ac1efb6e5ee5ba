import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wrapped } from './wrapped.ts'

const indents = { first: '  ', others: '    ' }

test('lines end where words do, and what follows is indented', () => {
  assert.equal(wrapped('one two three four', 11, indents), '  one two\n    three\n    four')
})

test('an interval stays in one piece, and a figure with its sign', () => {
  const text = 'more CPU, +0.7 % [+0.2, +1.2] in ibd'
  assert.equal(wrapped(text, 26, indents), '  more CPU, +0.7 %\n    [+0.2, +1.2] in ibd')
})

test('a word that is too long stays whole', () => {
  assert.equal(wrapped('a bbbbbbbbbbbbbbb c', 10, indents), '  a\n    bbbbbbbbbbbbbbb\n    c')
})

test('where there is no terminal nothing is wrapped', () => {
  assert.equal(wrapped('word '.repeat(100), null, indents), `  ${'word '.repeat(100)}`)
})
