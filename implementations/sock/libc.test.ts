import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, requireSupportedPlatform, UnsupportedPlatformError } from './libc.ts'

test('Linux on x64 and arm64 is supported', () => {
  requireSupportedPlatform('linux', 'x64')
  requireSupportedPlatform('linux', 'arm64')
})

test('anything else is refused in one line', () => {
  for (const [platform, arch] of [
    ['darwin', 'arm64'],
    ['win32', 'x64'],
    ['linux', 'ia32'],
  ]) {
    assert.throws(
      () => requireSupportedPlatform(platform, arch),
      (error: unknown) =>
        error instanceof UnsupportedPlatformError &&
        error.message.includes(`not on ${platform} ${arch};`) &&
        !error.message.includes('\n'),
    )
  }
})

test('the address of a view is that of its first byte, whatever its buffer', () => {
  for (const buffer of [new ArrayBuffer(100), new SharedArrayBuffer(100)]) {
    const whole = new Uint8Array(buffer)
    assert.equal(addressOf(whole.subarray(30)), addressOf(whole) + 30)
  }
})

test('even bytes so few that V8 would keep them inside the object stay where they are', () => {
  const few = new Uint8Array(8)
  const address = addressOf(few)
  assert.equal(addressOf(new Uint8Array(few.buffer)), address)
})
