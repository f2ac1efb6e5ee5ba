import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { keepLargeMemoryLazy } from './lazy-memory.ts'

const BLOCK_BYTES = 24 << 20
const BLOCKS = 8

function residentBytes(): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

test('new memory is not resident before it is used, also where such memory was freed before', () => {
  keepLargeMemoryLazy()
  for (let i = 0; i < BLOCKS; i++) new SharedArrayBuffer(BLOCK_BYTES)
  collectGarbage()
  const before = residentBytes()
  const blocks = Array.from({ length: BLOCKS }, () => new SharedArrayBuffer(BLOCK_BYTES))
  assert.ok(residentBytes() - before < BLOCK_BYTES)
  assert.equal(blocks.length, BLOCKS)
})
