import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallFrame } from './cpu-profile.ts'
import { SourceNames } from './source-names.ts'

const module = (path: string) => new URL(`../../${path}`, import.meta.url).href

function named(...stack: Partial<CallFrame>[]): string[] {
  const calls = stack.map(call => ({
    functionName: '',
    url: '',
    lineNumber: -1,
    columnNumber: -1,
    ...call,
  }))
  return new SourceNames().framesOf(calls).map(({ name, file }) => `${name} ${file}`.trim())
}

const waitMany = { functionName: 'waitMany', url: module('implementations/sock/posix-sock.js') }

test('a call through koffi is named by the wrapper that makes it, not by V8, which gives all one name', () => {
  // The line lies inside of class PosixNetwork.
  const [wrapper, call] = named(
    { ...waitMany, lineNumber: 45, columnNumber: 4 },
    { functionName: 'mallopt' },
  )
  assert.match(wrapper, /waitMany implementations\/sock\/posix-sock\.ts$/)
  assert.equal(call, 'poll(2)')
})

test('a call whose caller is not known is said to be one, and a function of V8 keeps its name', () => {
  assert.deepEqual(named({ functionName: 'mallopt' }), ['system call (stack not known)'])
  assert.deepEqual(named({ functionName: '(garbage collector)' }), ['(garbage collector)'])
  assert.deepEqual(named({ functionName: 'hash', url: 'node:internal/crypto/hash' }), [
    'hash node:internal/crypto/hash',
  ])
})

test('code without a source map, or that is gone, keeps its own name and place', () => {
  const [name] = named({ functionName: 'f', url: 'file:///nowhere/at-all.js', lineNumber: 3 })
  assert.equal(name, 'f /nowhere/at-all.js')
})
