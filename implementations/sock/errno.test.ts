import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeErrno, errnoName, isTransient } from './errno.ts'

// Numbers of Linux's asm-generic/errno.h.
test('errors have names', () => {
  assert.equal(errnoName(104), 'ECONNRESET')
  assert.equal(errnoName(11), 'EAGAIN')
  assert.equal(errnoName(9999), 'errno 9999')
  assert.equal(describeErrno(111), 'ECONNREFUSED (111)')
  assert.equal(describeErrno(9999), 'errno 9999')
})

test('EAGAIN, EMSGSIZE, EINTR and EINPROGRESS are transient, and no other', () => {
  const transient = Array.from({ length: 200 }, (_, errno) => errno).filter(isTransient)
  assert.deepEqual(transient, [4, 11, 90, 115])
})
