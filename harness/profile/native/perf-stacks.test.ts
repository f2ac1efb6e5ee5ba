import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SourceNames } from '../source-names.ts'
import { nativeStacks } from './perf-stacks.ts'

const sockman = new URL('../../../implementations/virtual-sockman/sockman.js', import.meta.url)

const text = `b-net  3996 
	ffffffff8 tcp_recvmsg_locked ([kernel.kallsyms])
	    7f00 __libc_recv (/usr/lib/libc.so.6)
	    7fb8 JS:*receive ${sockman.href}:1:1 (/tmp/perf-3984.map)
	    7fb9 JS:^main file:///nowhere/thread-main.js:10:20 (/tmp/perf-3984.map)
	 14ce003 Builtins_JSRunMicrotasksEntry (/usr/bin/node)
	  7bac1b node::InternalCallbackScope::Close (/usr/bin/node)

b-httpworker.0  4000 
	  c494db v8::internal::GCTracer::Start (/usr/bin/node)
	  9bb106 node::worker::Worker::Run (/usr/bin/node)

`

test('stacks of perf are those of the module, with names of TypeScript, and kernel frames on top', () => {
  const [first] = nativeStacks(text, new SourceNames())
  assert.equal(first.thread, 'b-net')
  assert.deepEqual(
    first.frames.map(({ name, file, kind }) => [name, file, kind]),
    [
      ['main', '/nowhere/thread-main.js', 'other'],
      ['receive', 'implementations/virtual-sockman/sockman.ts', 'backend'],
      ['__libc_recv', '', 'Node and V8'],
      ['tcp_recvmsg_locked', '', 'kernel'],
    ],
  )
})

test('a thread that is in nothing but Node is there with its innermost function', () => {
  const [, second] = nativeStacks(text, new SourceNames())
  assert.deepEqual(
    [second.thread, second.frames.map(({ name }) => name)],
    ['b-httpworker.0', ['v8::internal::GCTracer::Start']],
  )
  assert.deepEqual(nativeStacks('', new SourceNames()), [])
})
