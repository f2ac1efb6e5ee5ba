import assert from 'node:assert/strict'
import { test } from 'node:test'
import { between, type Frame, nameOf, shortened } from './stack.ts'

/** Innermost last, as it reads. */
function stack(...names: string[]) {
  return names
    .map(name => ({ functionName: name, className: null, place: `${name}:1`, identity: name }))
    .toReversed()
}

const names = (frames: readonly Frame[]) => frames.map(({ functionName }) => functionName)

test('between two functions is the way out to where their stacks part, and in again', () => {
  const recv = stack('main', 'loop', 'receive', 'tryRecv', 'recv')
  const parser = stack('main', 'loop', 'receive', 'gotData', 'transport', 'parse')
  assert.deepEqual(names(between(recv, parser)), ['tryRecv', 'receive', 'gotData', 'transport'])
})

test('a function on the other’s stack has nothing but the way in between', () => {
  const read = stack('onStreamRead')
  const parser = stack('onStreamRead', 'push', 'emit', 'parse')
  assert.deepEqual(names(between(read, parser)), ['push', 'emit'])
})

test('what is called by the same function has that function in between', () => {
  assert.deepEqual(names(between(stack('loop', 'recv'), stack('loop', 'parse'))), ['loop'])
})

test('a name tells the class of `this`, where it has one of its own', () => {
  assert.equal(nameOf({ functionName: 'recv', className: 'PosixSock' }), 'PosixSock.recv')
  assert.equal(nameOf({ functionName: 'run', className: null }), 'run')
  assert.equal(nameOf({ functionName: '', className: 'Object' }), '(anonymous)')
})

test('a place is told from the folder of compiled files on', () => {
  const url = 'file:///home/me/dist/implementations/sockman.js?for=p2p'
  assert.equal(shortened(url), 'implementations/sockman.js')
  assert.equal(shortened('node:net'), 'node:net')
})
