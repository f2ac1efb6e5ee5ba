import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Moment, summarise } from './stages.ts'

/** A push that waited so long for send(2), which took a nanosecond. */
function push(waitNs: number): { moments: Moment[] } {
  return {
    moments: [
      { reached: 'reply queued', atNs: 0, thread: 0 },
      { reached: 'send', atNs: waitNs, thread: 1 },
      { reached: 'first sent', atNs: waitNs + 1, thread: 1 },
    ],
  }
}

const pushes = (count: number) => Array.from({ length: count }, (_, i) => push(i + 1))

test('a p99 is told where ten messages or more lie beyond it', () => {
  const [waiting] = summarise(pushes(1000))
  assert.deepEqual([waiting.stage, waiting.p50Ns, waiting.p99Ns], ['waiting for send', 500, 990])
  assert.equal(summarise(pushes(999))[0].p99Ns, null)
})

test('shares of all stages together are the whole', () => {
  const stages = summarise(pushes(9))
  assert.deepEqual(
    stages.map(({ share }) => share),
    [45 / 54, 9 / 54],
  )
})
