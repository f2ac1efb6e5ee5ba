import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { getAffinity, setAffinity, withAffinity } from './affinity.ts'

const allowed = getAffinity()
const one = [allowed[allowed.length - 1]]

test('the affinity is what the kernel shows', () => {
  assert.deepEqual(allowed, cpusOfChild())
})

test('a child started within keeps its CPUs; the calling thread gets its own back', () => {
  assert.deepEqual(withAffinity(one, cpusOfChild), one)
  assert.deepEqual(getAffinity(), allowed)
})

test('the calling thread gets its CPUs back when the start fails', () => {
  assert.throws(() =>
    withAffinity(one, () => {
      assert.deepEqual(getAffinity(), one)
      throw new Error('spawn failed')
    }),
  )
  assert.deepEqual(getAffinity(), allowed)
})

test('pinning to no CPU of this machine is refused, and changes nothing', () => {
  assert.throws(() => setAffinity([8191]), /cannot pin to CPU 8191: EINVAL \(22\); allowed: \d/)
  assert.throws(() => setAffinity([]), /EINVAL/)
  assert.deepEqual(getAffinity(), allowed)
})

function cpusOfChild(): number[] {
  const status = execFileSync('cat', ['/proc/self/status'], { encoding: 'utf8' })
  const list = /^Cpus_allowed_list:\s+(.*)$/m.exec(status)?.[1] ?? ''
  return list.split(',').flatMap(range => {
    const [first, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}
