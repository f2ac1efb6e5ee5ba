import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitted, type Part } from './fitted.ts'

const list = (name: string, count: number, most: number): Part => ({
  name,
  before: '<',
  lines: Array.from({ length: count }, (_, i) => `${name}${i}`),
  after: '>',
  most,
})
const whole = (name: string, length: number): Part => ({
  name,
  before: '',
  lines: [name.repeat(length)],
  after: '',
  most: null,
})
const fitting = { most: 100, leftOut: (names: string) => `without ${names}`, roomForThat: 40 }

test('what fits is told whole, in its order, though a part has more than its own room', () => {
  const parts = [list('a', 4, 5), whole('x', 10), list('b', 2, 5)]
  assert.equal(fitted(parts, fitting), '<a0\na1\na2\na3>\n\nxxxxxxxxxx\n\n<b0\nb1>\n')
})

test('lines that do not fit are counted, those at the end first', () => {
  const text = fitted([list('a', 40, 14), list('b', 2, 20)], fitting)
  assert.equal(text, '<a0\na1\na2\na3>\n\n<b0\nb1>\n\nwithout 36 a\n')
})

test('a whole part gets what lists leave; the next that fits is still told', () => {
  const text = fitted([whole('x', 50), whole('y', 20), list('a', 4, 20)], fitting)
  assert.equal(text, `${'y'.repeat(20)}\n\n<a0\na1\na2\na3>\n\nwithout x\n`)
})

test('a line longer than the room of its part is left out, and counted', () => {
  const long = { ...list('a', 1, 20), lines: ['z'.repeat(80)] }
  assert.equal(fitted([long], fitting), '<>\n\nwithout 1 a\n')
})
