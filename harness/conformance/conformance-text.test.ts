import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disagreements, wrongSums } from './conformance-text.ts'
import type { Checked } from './verdict.ts'

const right: Checked = {
  utterance: 'a request',
  cutting: 'whole',
  transcript: '200',
  problem: undefined,
  conversation: '',
}
const wrong: Checked = { ...right, cutting: 'byte by byte', transcript: '500', problem: 'is 500' }
const mended: Checked = { ...wrong, transcript: '200', problem: undefined }

test('whose answers are wrong, by name', () => {
  const answers = new Map([
    ['a', [right, mended]],
    ['b', [right, wrong]],
  ])
  assert.deepEqual(wrongSums(answers), ['b 1 of 2'])
})

test('what differs is found by what was said, though one has broken off before it', () => {
  const answers = new Map([
    ['a', [wrong]],
    ['b', [right, mended]],
  ])
  assert.deepEqual(disagreements(answers), [
    'a request, byte by byte: a and b differ\n  a: 500\n  b: 200',
  ])
})
