import assert from 'node:assert/strict'
import { test } from 'node:test'
import { profileDefaults } from '../profile/profile-plan.ts'
import { thisRevision } from '../revision.ts'
import { askedProfile, type ProfileOptions, profiledPrograms, profilePlan } from './profile-plan.ts'

const options: ProfileOptions = {
  scenario: 'ibd',
  set: ['profile=small'],
  window: profileDefaults.windowMs,
  rounds: 10,
  interval: profileDefaults.intervalUs,
  native: false,
  seed: 1,
  checkouts: null,
}
const pinning = { driver: [0], subject: [1] }

function planOf(given: Partial<ProfileOptions>, sliceMs: number) {
  const all = { ...options, ...given }
  const asked = askedProfile(all)
  return profilePlan(asked, profiledPrograms(asked, [thisRevision]), all, sliceMs, pinning)
}

test('a plan keeps the CPUs that were chosen before this process itself was pinned', () => {
  assert.equal(planOf({}, 10).pinning, pinning)
})

test('slices fill a window twice, in a power of two, up to what a chain may be', () => {
  // 1 s in each round, of 10 ms: 100 slices, and as many again.
  const { slices, workload, turnMs } = planOf({}, 10)
  assert.deepEqual([slices, workload.slices, turnMs], [256, 256, 1_000])
  assert.equal(planOf({}, 0.1).slices, 512)
  assert.equal(planOf({}, 60_000).slices, 2)
})

test('slices that were asked for are all taken, however long that is', () => {
  const { slices, turnMs, workload } = planOf({ set: ['profile=small', 'slices=7'] }, 1)
  assert.deepEqual([slices, workload.slices, turnMs], [7, 7, null])
})

test('without a backend two are compared, and with revisions one', () => {
  const names = ({ programs }: ReturnType<typeof planOf>) => programs.map(({ name }) => name)
  assert.deepEqual(names(planOf({}, 1)), ['direct', 'virtual-sockman'])
  assert.deepEqual(names(planOf({ base: 'main' }, 1)), ['virtual-sockman'])
})
