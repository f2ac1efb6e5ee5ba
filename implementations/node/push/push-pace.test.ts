import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PushOptions } from '../service-options.ts'
import { PushPace } from './push-pace.ts'
import { PushSchedule } from './schedule.ts'

const options: PushOptions = {
  protocol: 'push',
  sendMode: 'optimistic',
  socketBufferBytes: 1 << 16,
  listen: { family: 4, host: '127.0.0.1', port: 0 },
  message: 'probe',
  meanIntervalUs: 500,
  seed: 3,
}

function intervals(count: number): number[] {
  const schedule = new PushSchedule(options.seed, 500_000)
  return Array.from({ length: count }, () => schedule.nextIntervalNs())
}

test('quiet until asked, then so many messages at the moments of the schedule, then quiet', () => {
  const pace = new PushPace(options)
  const [first, second] = intervals(2)
  assert.equal(pace.waitNs(0), Number.POSITIVE_INFINITY)
  pace.request(2, 1_000)
  assert.equal(pace.waitNs(1_000), first)
  assert.equal(pace.waitNs(1_000 + first), 0)
  assert.equal(pace.take(), 1_000 + first)
  assert.equal(pace.waitNs(1_000 + first), second)
  assert.equal(pace.take(), 1_000 + first + second)
  assert.equal(pace.waitNs(1e12), Number.POSITIVE_INFINITY)
})

test('a late push moves no moment after it', () => {
  const pace = new PushPace(options)
  const [first, second] = intervals(2)
  pace.request(2, 0)
  assert.equal(pace.waitNs(1e12), 0)
  assert.equal(pace.take(), first)
  assert.equal(pace.waitNs(1e12), 0)
  assert.equal(pace.take(), first + second)
})

test('a request replaces what is left and moves nothing; silence ends it', () => {
  const pace = new PushPace(options)
  const [first, second, third] = intervals(3)
  pace.request(100, 0)
  pace.request(2, 50)
  assert.equal(pace.take(), first)
  assert.equal(pace.take(), first + second)
  pace.request(5, 7_000)
  assert.equal(pace.waitNs(7_000), third)
  pace.silence()
  assert.equal(pace.waitNs(1e12), Number.POSITIVE_INFINITY)
})
