import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barLine, clock, Progress, progressStyle, roundLine } from './progress.ts'

function fakeStream(columns = 80) {
  const written: string[] = []
  return { written, columns, write: (text: string) => written.push(text) }
}

test('without a terminal every line stays', () => {
  const stream = fakeStream()
  const progress = new Progress('lines', stream)
  progress.show('one')
  progress.note('two')
  progress.clear()
  assert.deepEqual(stream.written, ['one\n', 'two\n'])
})

test('on a terminal a shown line is replaced, and taken away before a line that stays', () => {
  const stream = fakeStream()
  const progress = new Progress('repainted', stream)
  const erase = '\r\u001b[2K'
  progress.show('one')
  progress.show('two')
  progress.note('three')
  progress.clear()
  assert.deepEqual(stream.written, [`${erase}one`, `${erase}two`, erase, 'three\n'])
})

test('a repainted line never wraps', () => {
  const stream = fakeStream(10)
  new Progress('repainted', stream).show('0123456789abc')
  assert.deepEqual(stream.written, ['\r\u001b[2K012345678'])
})

test('a subject’s words drive no terminal, in a line that stays or one that is replaced', () => {
  const words = 'boom\u001b[2J\r\n'
  for (const style of ['lines', 'repainted'] as const) {
    const stream = fakeStream()
    const progress = new Progress(style, stream)
    progress.note(words)
    progress.show(words)
    assert.equal(stream.written[0], 'boom\\x1b[2J\\x0d\\x0a\n')
    assert.match(stream.written[1], /boom\\x1b\[2J\\x0d\\x0a\n?$/)
  }
})

test('quiet writes nothing', () => {
  const stream = fakeStream()
  const progress = new Progress('quiet', stream)
  progress.show('one')
  progress.note('two')
  progress.clear()
  assert.deepEqual(stream.written, [])
})

test('a terminal is repainted, anything else gets lines, unless quiet is asked for', () => {
  const { write } = fakeStream()
  assert.equal(progressStyle({ write, isTTY: true }, false), 'repainted')
  assert.equal(progressStyle({ write }, false), 'lines')
  assert.equal(progressStyle({ write, isTTY: true }, true), 'quiet')
})

test('the time left follows from the rounds that are done', () => {
  const label = 'ibd large, 1 peer'
  assert.equal(
    roundLine({ round: 1, rounds: 16, label, elapsedMs: 400 }),
    'round 1/16 · ibd large, 1 peer · 0:00 elapsed',
  )
  assert.equal(
    roundLine({ round: 5, rounds: 16, label, elapsedMs: 40_000 }),
    'round 5/16 · ibd large, 1 peer · 0:40 elapsed, 2:00 left',
  )
})

test('a bar fills up from left to right and stays in its frame', () => {
  const bar = (fraction: number) => barLine({ label: 'building', fraction, elapsedMs: 3000 })
  assert.equal(bar(0), 'building [------------------------]   0 % · 0:03 elapsed')
  assert.equal(bar(0.25), 'building [######------------------]  25 % · 0:03 elapsed, 0:09 left')
  assert.equal(bar(1), 'building [########################] 100 % · 0:03 elapsed, 0:00 left')
  assert.equal(bar(1.01), bar(1))
})

test('durations read as on a clock', () => {
  const readings = [0, 7_400, 59_600, 754_000, 3_723_000].map(clock)
  assert.deepEqual(readings, ['0:00', '0:07', '1:00', '12:34', '1:02:03'])
})
