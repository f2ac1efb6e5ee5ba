import assert from 'node:assert/strict'
import { test } from 'node:test'
import { libc } from './libc.ts'
import { setTimerSlack } from './timer-slack.ts'

const PR_GET_TIMERSLACK = 30

test('the calling thread has the timer slack that was set', () => {
  const before = libc().prctlNumber(PR_GET_TIMERSLACK, 0)
  try {
    setTimerSlack(1_234)
    assert.equal(libc().prctlNumber(PR_GET_TIMERSLACK, 0), 1_234)
  } finally {
    setTimerSlack(before)
  }
})
