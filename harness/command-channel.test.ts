import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { getAffinity } from '../implementations/sock/affinity.ts'
import { type Child, describeExit, startChild } from './child-process.ts'
import { untilGone } from './fixtures/until-gone.ts'

/** For what is expected to come; never reached. */
const longMs = 60_000
const started: Child[] = []
after(() => Promise.all(started.map(child => child.stop({ graceMs: 0 }))))

async function start(command: string, cpus: number[] | null = null): Promise<Child> {
  const child = await startChild({ command, cpus })
  started.push(child)
  return child
}

/** With a program given to the Node that runs this. */
function node(program: string): string {
  return `'${process.execPath}' --eval '${program}'`
}

const anything = (_message: unknown): _message is unknown => true

test('a Node program speaks by process.send and process.on, and its process is the child', async () => {
  const child = await start(
    node('process.on("message", m => process.send({ m, pid: process.pid }))'),
  )
  const question = { kind: 'question', text: 'é\n' }
  const reply = await child.request(question, anything, longMs)
  assert.deepEqual(reply, { state: 'replied', message: { m: question, pid: child.pid } })
})

test('any program speaks in lines of JSON; what is none is heard as the text it is, empty ones not', async () => {
  const child = await start(
    `sh -c 'read line <&3; echo "$line" >&3; printf "[1]\\nnot {\\n\\n5" >&3'`,
  )
  const heard: unknown[] = []
  child.onMessage(message => heard.push(message))
  const question = { kind: 'question' }
  child.send(question)
  const reason = await child.exited
  assert.deepEqual(heard, [question, [1], 'not {'])
  assert.equal(describeExit(reason), 'exit code 0')
})

test('a line without an end is given up, and does not fill the memory', async () => {
  const child = await start(`sh -c 'head -c 3000000 /dev/zero | tr "\\0" x >&3'`)
  const lengths: number[] = []
  child.onMessage(message => lengths.push(String(message).length))
  await child.exited
  assert.ok(lengths.length >= 1 && lengths.every(length => length < 2 << 20), lengths.join())
})

test('a command that does not exist is named, and so is one that exits at once', async () => {
  const missing = await start('no-such-program --fast')
  assert.match(describeExit(await missing.exited), /^exit code 127: .*no-such-program.*not found$/)
  const hasty = await start('false')
  assert.equal(describeExit(await hasty.exited), 'exit code 1')
})

test('what is sent to a command that is gone, or that never listens, is lost without harm', async () => {
  const deaf = await start(`sh -c 'exec 3>&-; echo deaf >&2; sleep 60'`)
  deaf.send({ kind: 'question' })
  const { stderr } = await deaf.stop({ graceMs: 20 })
  assert.equal(stderr, 'deaf\n')
  deaf.send({ kind: 'question' })
  assert.equal(await untilGone([deaf.pid]), true)
})

test('a command has the affinity it was started with', async () => {
  const last = getAffinity().slice(-1)
  const child = await start(`grep Cpus_allowed_list /proc/self/status >&2`, last)
  assert.equal((await child.exited).stderr, `Cpus_allowed_list:\t${last[0]}\n`)
})

test('a command that ignores stop and SIGTERM is killed, with what it started', async () => {
  const child = await start(
    `sh -c 'trap "" TERM; sleep 60 & echo "{\\"pid\\": $!}" >&3; wait; wait'`,
  )
  const reply = await child.waitFor(
    (message): message is { pid: number } => (message as { pid?: number }).pid !== undefined,
    longMs,
  )
  assert.equal(reply.state, 'replied')
  await child.stop({ graceMs: 20 })
  assert.equal(await untilGone([child.pid, reply.message.pid]), true)
})
