import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isAlive, untilGone } from './fixtures/until-gone.ts'

const parentModule = fileURLToPath(new URL('./fixtures/parent.js', import.meta.url))

/** Late enough not to be taken for an echo of the first. */
const secondSignalMs = 400

/** A parent with a child and a grandchild, both of which stay when their parents go. */
interface Family {
  parent: ChildProcess
  descendants: number[]
  /** What the parent prints once it has printed `descendants`. */
  lines: AsyncIterator<string>
}

const parents: ChildProcess[] = []
after(() => {
  for (const parent of parents) parent.kill('SIGKILL')
})

async function startFamily(
  ending: string,
  childBehaviour = 'outlives its parent, as its child does',
): Promise<Family> {
  const parent = spawn(process.execPath, [parentModule, ending, childBehaviour], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  parents.push(parent)
  const lines = createInterface({ input: parent.stdout })[Symbol.asyncIterator]()
  const descendants = JSON.parse((await lines.next()).value) as number[]
  return { parent, descendants, lines }
}

async function exitOf(parent: ChildProcess): Promise<[number | null, string | null]> {
  if (parent.exitCode !== null || parent.signalCode !== null)
    return [parent.exitCode, parent.signalCode]
  return (await once(parent, 'exit')) as [number | null, string | null]
}

for (const [ending, code] of [
  ['exits', 0],
  ['throws', 1],
] as const) {
  test(`children are gone when their parent ${ending}`, async () => {
    const { parent, descendants } = await startFamily(ending)
    assert.deepEqual(await exitOf(parent), [code, null])
    assert.equal(await untilGone(descendants), true)
  })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`children are gone when their parent gets ${signal}, and the exit code is 130`, async () => {
    const { parent, descendants } = await startFamily('is killed')
    assert.ok(descendants.every(isAlive))
    parent.kill(signal)
    assert.deepEqual(await exitOf(parent), [130, null])
    assert.equal(await untilGone(descendants), true)
  })
}

test('a child that exits with its parent takes its own child along when that gets SIGKILL', async () => {
  const { parent, descendants } = await startFamily('is killed', 'has a child that outlives it')
  parent.kill('SIGKILL')
  assert.deepEqual(await exitOf(parent), [null, 'SIGKILL'])
  assert.equal(await untilGone(descendants), true)
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`an interruptible parent finishes in order after ${signal}`, async () => {
    const { parent, descendants, lines } = await startFamily('stops in order')
    parent.kill(signal)
    assert.equal((await lines.next()).value, 'kept what was finished')
    assert.deepEqual(await exitOf(parent), [130, null])
    assert.equal(await untilGone(descendants), true)
  })
}

test('the second SIGINT does not wait', async () => {
  const { parent, descendants, lines } = await startFamily('takes for ever to stop')
  parent.kill('SIGINT')
  assert.equal((await lines.next()).value, 'stopping')
  await sleep(secondSignalMs)
  parent.kill('SIGINT')
  assert.deepEqual(await exitOf(parent), [130, null])
  assert.equal(await untilGone(descendants), true)
})
