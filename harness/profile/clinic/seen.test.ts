import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { keepMainThread } from './main-thread-events.ts'
import { diagnosisOn, samplesSeen } from './seen.ts'

test('a sample is of the subject’s own code if any of its frames is', () => {
  const ours = { name: 'receive file:///x/dist/implementations/direct/p2p-socket-thread.js:3:4' }
  const stacks = [[ours, { name: '__recv' }], [{ name: 'epoll_wait' }], [ours], [ours]]
  assert.equal(
    samplesSeen('socket', JSON.stringify(stacks)),
    '4 samples of the socket thread, 75.0 % of them in the subject’s own code',
  )
  assert.match(samplesSeen('main', '[]'), /^0 samples of the main thread, none of them/)
})

test('of a trace for clinic-bubbleprof the main thread’s events stay, as they were', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sockbench-trace-'))
  const path = join(directory, 'trace')
  const event = (tid: number, id: string) => ({ pid: 7, tid, id, args: { data: {} } })
  const mine = [event(7, '0x1'), event(7, '0x2')]
  writeFileSync(path, JSON.stringify({ traceEvents: [mine[0], event(9, '0x1'), mine[1]] }))
  assert.deepEqual(keepMainThread(path), { kept: 2, leftOut: 1 })
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { traceEvents: mine })
  rmSync(directory, { recursive: true })
})

test('what doctor measured and what it makes of that is read off its page', () => {
  const row = (cpu: number, used: number) =>
    `{"timestamp":1,"delay":0.02,"cpu":${cpu},"memory":{"rss":5},"handles":2,"loopUtilization":${used}},`
  const page = [row(1.2, 90), row(0.9, 4), row(1.1, 6), '"issueCategory":"event-loop"}'].join('\n')
  assert.equal(
    diagnosisOn(page),
    '3 samples: CPU of the process 110 %, event loop of the main thread 6 % in use (medians); its diagnosis, from that: event-loop',
  )
  assert.equal(diagnosisOn('<html></html>'), undefined)
})
