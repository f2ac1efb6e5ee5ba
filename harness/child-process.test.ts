import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { getAffinity } from '../implementations/sock/affinity.ts'
import { type Child, describeExit, describeNoReply, startChild } from './child-process.ts'
import { untilGone } from './fixtures/until-gone.ts'

const module = new URL('./fixtures/child.js', import.meta.url)
/** For what is expected to come; never reached. */
const longMs = 60_000
/** For what is expected not to come. */
const shortMs = 20

const started: Child[] = []
after(() => Promise.all(started.map(child => child.stop({ graceMs: 0 }))))

async function start(behaviour: string, cpus: number[] | null = null): Promise<Child> {
  const child = await startChild({ module, args: [behaviour], cpus })
  started.push(child)
  return child
}

type Ready = { kind: 'ready'; grandchild?: number }
const isReady = (message: unknown): message is Ready => (message as Ready).kind === 'ready'

async function startReady(behaviour: string, cpus: number[] | null = null) {
  const child = await start(behaviour, cpus)
  const reply = await child.waitFor(isReady, longMs)
  assert.equal(reply.state, 'replied')
  return { child, grandchild: reply.message.grandchild ?? -1 }
}

const isEcho = (message: unknown): message is { kind: 'echo'; of: unknown } =>
  (message as { kind: string }).kind === 'echo'

test('a child that is asked to stop stops', async () => {
  const { child } = await startReady('obedient')
  assert.equal(child.state.state, 'running')
  const stopping = child.stop({ graceMs: longMs })
  assert.equal(child.state.state, 'stopping')
  const reason = await stopping
  assert.deepEqual(reason, { kind: 'code', code: 0, stderr: '' })
  assert.deepEqual(child.state, { state: 'exited', reason })
  assert.equal(await child.stop({ graceMs: longMs }), reason)
})

test('a request is answered by the first message that fits; values keep their types', async () => {
  const { child } = await startReady('obedient')
  const heard: unknown[] = []
  const endListening = child.onMessage(message => heard.push(message))
  const question = { kind: 'question', count: 2n ** 60n, bytes: new Uint8Array([1, 2]) }
  const reply = await child.request(question, isEcho, longMs)
  const answer = { kind: 'echo', of: question }
  assert.deepEqual(reply, { state: 'replied', message: answer })
  endListening()
  await child.request(question, isEcho, longMs)
  assert.deepEqual(heard, [answer])
})

test('a message that comes before anybody waits for it is kept', async () => {
  const child = await start('obedient')
  await new Promise<void>(resolve => child.onMessage(() => resolve()))
  assert.equal((await child.waitFor(isReady, longMs)).state, 'replied')
})

test('a child that hangs at start is a timeout, and is killed all the same', async () => {
  const child = await start('silent')
  const reply = await child.waitFor(isReady, shortMs)
  assert.deepEqual(reply, { state: 'timeout', timeoutMs: shortMs })
  assert.equal(describeNoReply({ state: 'timeout', timeoutMs: shortMs }), 'no answer within 20 ms')
  const reason = await child.stop({ graceMs: shortMs })
  assert.equal(reason.kind, 'signal')
  assert.equal(await untilGone([child.pid]), true)
})

test('a child that dies answers its requests with how it died', async () => {
  const child = await start('exits 139')
  const reply = await child.waitFor(isReady, longMs)
  assert.deepEqual(reply, { state: 'exited', reason: { kind: 'code', code: 139, stderr: '' } })
  assert.equal(describeExit(await child.exited), 'exit code 139')
  const late = await child.request({ kind: 'question' }, isEcho, longMs)
  assert.equal(late.state, 'exited')
})

test('a child killed by a signal says which, also in the middle of a request', async () => {
  const { child } = await startReady('stubborn')
  const answer = child.request({ kind: 'question' }, isEcho, longMs)
  process.kill(child.pid, 'SIGKILL')
  const reply = await answer
  assert.equal(reply.state, 'exited')
  assert.equal(describeExit(reply.reason), 'killed by SIGKILL')
})

test('an uncaught error in a child is named', async () => {
  const child = await start('throws')
  assert.equal(describeExit(await child.exited), 'exit code 1: Error: out of blocks')
})

test('a module that does not exist is named', async () => {
  const child = await startChild({ module: new URL('./no.js', module), cpus: null })
  assert.match(describeExit(await child.exited), /^exit code 1: Error.*Cannot find module .*no\.js/)
})

test('a child that could not be started has exited, with the reason', async () => {
  const node = process.execPath
  process.execPath = '/no/such/node'
  const child = await start('obedient').finally(() => {
    process.execPath = node
  })
  const reply = await child.request({ kind: 'question' }, isEcho, longMs)
  assert.equal(reply.state, 'exited')
  assert.match(
    describeExit(reply.reason),
    /^could not be started \(spawn \/no\/such\/node ENOENT\)$/,
  )
})

test('a child that ignores stop and SIGTERM is killed', async () => {
  const { child } = await startReady('stubborn')
  const reason = await child.stop({ graceMs: shortMs })
  assert.deepEqual(reason, { kind: 'signal', signal: 'SIGKILL', stderr: '' })
})

test('a grandchild that ignores SIGTERM is killed with its group', async () => {
  const { child, grandchild } = await startReady('has a child that outlives it')
  await child.stop({ graceMs: shortMs })
  assert.equal(await untilGone([child.pid, grandchild]), true)
})

test('a grandchild left behind by a child that stopped in order is killed', async () => {
  const { child, grandchild } = await startReady('stops before its child does')
  const reason = await child.stop({ graceMs: longMs })
  assert.deepEqual(reason, { kind: 'code', code: 0, stderr: '' })
  assert.equal(await untilGone([grandchild]), true)
})

test('a flood on stderr neither blocks the child nor is kept', async () => {
  const { child } = await startReady('floods stderr') // it is ready when 8 MiB are written
  const reason = await child.stop({ graceMs: longMs })
  assert.equal(reason.stderr.length, 16 << 10)
  assert.equal(describeExit(reason), 'exit code 7: the very last words')
})

test('a child has the affinity it was started with, and its starter keeps its own', async () => {
  const allowed = getAffinity()
  const last = allowed.slice(-1)
  const { child } = await startReady('obedient', last)
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  assert.equal(/Cpus_allowed_list:\s*(.*)/.exec(status)?.[1], String(last[0]))
  assert.deepEqual(getAffinity(), allowed)
})

test('children leave no descriptor open', async () => {
  const openFiles = () => readdirSync('/proc/self/fd').length
  await (await startReady('obedient')).child.stop({ graceMs: longMs })
  const before = openFiles()
  await (await startReady('obedient')).child.stop({ graceMs: longMs })
  await (await start('exits 139')).exited
  assert.equal(openFiles(), before)
})
