import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createSyscallCounts,
  SYSCALL_COUNTS_BYTES,
  syscallCountsByName,
  syscallIndex,
} from './syscalls.ts'

test('counts over a shared buffer are read by name from another view of it', () => {
  const buffer = new SharedArrayBuffer(SYSCALL_COUNTS_BYTES)
  const counts = createSyscallCounts(buffer)
  counts[syscallIndex.socket] += 2
  counts[syscallIndex.write]++
  const named = syscallCountsByName(createSyscallCounts(buffer))
  assert.equal(named.socket, 2)
  assert.equal(named.write, 1)
  assert.equal(named.recv, 0)
})
