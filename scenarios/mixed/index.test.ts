import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ibd } from '../ibd/index.ts'
import { SettingError } from '../scenario.ts'
import { mixed } from './index.ts'

const workloads = (...settings: [string, string][]) => mixed.workloads(new Map(settings))

const waysOf = (...settings: [string, string][]) =>
  workloads(...settings).map(({ label, loops, parameters }) => [label, loops, parameters.loops])

test('nothing set: large blocks of one peer, with one loop and with two in the same rounds', () => {
  assert.deepEqual(waysOf(), [['large, 1 peer', ['one', 'each'], 'one,each']])
})

test('one way to share loops is in the label; several values of another setting are workloads', () => {
  assert.deepEqual(waysOf(['loops', 'one']), [['large, 1 peer, one loop', ['one'], 'one']])
  assert.deepEqual(waysOf(['loops', 'each']), [['large, 1 peer, a loop each', ['each'], 'each']])
  assert.deepEqual(waysOf(['loops', 'each,one'], ['peers', '1,8']), [
    ['large, 1 peer', ['one', 'each'], 'one,each'],
    ['large, 8 peers', ['one', 'each'], 'one,each'],
  ])
})

test('the download is that of ibd, with HTTP beside it', () => {
  const chosen: [string, string][] = [
    ['profile', 'small'],
    ['peers', '8'],
    ['mode', 'queued'],
    ['slices', '5'],
    ['slice-blocks', '70'],
  ]
  const [download] = ibd.workloads(new Map(chosen))
  const [one] = workloads(...chosen)
  const [p2p, http] = one.services
  assert.deepEqual([p2p], download.services)
  assert.deepEqual([http.protocol, http.connections, http.sendMode], ['http', 0, 'queued'])
  assert.deepEqual(one.warmUp, download.warmUp)
  assert.deepEqual([one.slices, one.sliceWork, one.unit], [5, 70, 'message'])
  assert.ok(one.measuresLatency)
})

test('requests in flight wait together, and for a driver that sends blocks', () => {
  const [workload] = workloads(['connections', '9'])
  assert.equal(workload.samplesTogether, 9)
  assert.match(workload.caveats.join(), /of the driver itself, which sends the blocks/)
})

test('subjects that spin live alone', () => {
  const lives = workloads(['mode', 'optimistic,pollout']).map(workload => workload.lives)
  assert.deepEqual(lives, ['together', 'alone'])
})

test('what is not as usual is in the label', () => {
  const [one] = workloads(
    ['loops', 'one'],
    ['connections', '1'],
    ['requests-per-block', '9'],
    ['large-every', '3'],
    ['workers', '0'],
  )
  const usual = 'large, 1 peer, 1 connection, 9 requests a block, 1 of 3 large, 0 workers, one loop'
  assert.equal(one.label, usual)
  const { connections, requestsPerBlock, largeEvery, workers } = one.parameters
  assert.deepEqual([connections, requestsPerBlock, largeEvery, workers], [1, 9, 3, 0])
})

const impossible: [string, string, RegExp][] = [
  ['loops', 'two', /loops=two; known: one, each/],
  ['connections', '0', /connections=0 is no whole number from 1 to 64/],
  ['requests-per-block', '0', /requests-per-block=0 is no whole number from 1 to 1000/],
  ['large-every', '1', /large-every=1 leaves no small request to time: give 0, or 2 to 1000/],
  ['workers', '17', /workers=17 is no whole number from 0 to 16/],
  ['profile', 'huge', /no chain profile "huge"/],
  ['refill', '2', /mixed has no setting "refill"; known: profile, peers, mode/],
]
for (const [name, value, message] of impossible) {
  test(`${name}=${value} is refused`, () => {
    assert.throws(
      () => workloads([name, value]),
      (error: unknown) => error instanceof SettingError && message.test(error.message),
    )
  })
}
