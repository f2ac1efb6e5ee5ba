import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { RunError } from './errors.ts'
import {
  demandMeasuringLock,
  measuringWarnings,
  startTicksOf,
  takeMeasuringLock,
} from './measuring-lock.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-lock-'))
after(() => rmSync(directory, { recursive: true }))

const since = '2025-01-02T03:04:05.678Z'
const ownTicks = startTicksOf(process.pid) ?? 0

test('one at a time; who comes second is told who it is', () => {
  const path = join(directory, 'one')
  const release = demandMeasuringLock('sockbench gate', path)
  assert.throws(
    () => demandMeasuringLock('sockbench compare', path),
    (error: Error) =>
      error instanceof RunError &&
      error.message.includes(`\`sockbench gate\` (pid ${process.pid}) has been measuring`),
  )
  assert.equal(statSync(path).mode & 0o777, 0o666)
  release()
  assert.equal(existsSync(path), false)
  demandMeasuringLock('sockbench compare', path)()
})

/** A process that takes the lock, says how that went, and ends when its stdin does. */
function taking(path: string) {
  const module = new URL('./measuring-lock.js', import.meta.url).href
  const script = `
    const { takeMeasuringLock } = await import(${JSON.stringify(module)})
    console.log(takeMeasuringLock('another', ${JSON.stringify(path)}).state)
    process.stdin.resume().on('end', () => process.exit())`
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

test('another process keeps it until it ends, orderly or killed', async () => {
  const path = join(directory, 'two')
  for (const end of ['orderly', 'killed'] as const) {
    const other = taking(path)
    const [word] = await once(other.stdout, 'data')
    assert.equal(String(word).trim(), 'held')
    const busy = takeMeasuringLock('me', path)
    assert.ok(busy.state === 'busy')
    assert.deepEqual([busy.holder.pid, busy.holder.command], [other.pid, 'another'])
    if (end === 'killed') other.kill('SIGKILL')
    else other.stdin.end()
    await once(other, 'exit')
    assert.equal(existsSync(path), end === 'killed')
    const mine = takeMeasuringLock('me', path)
    assert.ok(mine.state === 'held')
    mine.release()
  }
})

function leave(path: string, { pid, startTicks }: { pid: number; startTicks: number }): void {
  writeFileSync(path, JSON.stringify({ pid, startTicks, command: 'gone', since }))
}

test('a number that another process has now is taken over, and so is what cannot be read', () => {
  const path = join(directory, 'stale')
  leave(path, { pid: process.pid, startTicks: ownTicks + 1 })
  demandMeasuringLock('me', path)()
  writeFileSync(path, '{"pid":')
  demandMeasuringLock('me', path)()
  leave(path, { pid: process.pid, startTicks: ownTicks })
  assert.equal(takeMeasuringLock('me', path).state, 'busy')
})

test('release leaves alone what is somebody else’s by now', () => {
  const path = join(directory, 'theirs')
  const release = demandMeasuringLock('me', path)
  leave(path, { pid: 1, startTicks: startTicksOf(1) ?? 0 })
  release()
  assert.equal(JSON.parse(readFileSync(path, 'utf8')).pid, 1)
})

test('a place where nothing can be made is one line', () => {
  assert.throws(
    () => demandMeasuringLock('me', join(directory, 'nowhere', 'lock')),
    new RunError(
      `cannot lock ${join(directory, 'nowhere', 'lock')}: ENOENT; set TMPDIR to where files can be made`,
    ),
  )
})

test('who measures all the same is told what to warn of', () => {
  const path = join(directory, 'warned')
  const release = demandMeasuringLock('sockbench gate', path)
  const [busy, ...more] = measuringWarnings('sockbench run', path)
  assert.match(busy, /^`sockbench gate` \(pid \d+\) has been measuring .*: it disturbed this run$/)
  assert.deepEqual(more, [])
  release()
  const nowhere = join(directory, 'nowhere', 'lock')
  assert.deepEqual(measuringWarnings('sockbench run', nowhere), [
    `cannot lock ${nowhere}: ENOENT; set TMPDIR to where files can be made; ` +
      'others may have measured at the same time',
  ])
  // It keeps the lock until this process exits, outside of what is looked at below.
  const places = mkdtempSync(join(tmpdir(), 'sockbench-warned-'))
  after(() => rmSync(places, { recursive: true }))
  assert.deepEqual(measuringWarnings('sockbench run', join(places, 'lock')), [])
  assert.equal(takeMeasuringLock('another', join(places, 'lock')).state, 'busy')
})

test('a link in the place of a file that is to be made is removed, and not written through', () => {
  const victim = join(directory, 'victim')
  writeFileSync(victim, 'as it was')
  const path = join(directory, 'planted')
  symlinkSync(victim, `${path}.${process.pid}`)
  demandMeasuringLock('me', path)()
  assert.equal(readFileSync(victim, 'utf8'), 'as it was')
})

test('what is in the way and cannot be removed is one line', () => {
  const path = join(directory, 'blocked')
  mkdirSync(`${path}.${process.pid}`)
  assert.throws(() => demandMeasuringLock('me', path), {
    name: 'RunError',
    message: /^cannot lock .*blocked: \w+; set TMPDIR /,
  })
  rmSync(`${path}.${process.pid}`, { recursive: true })
})

test('nothing is left beside the lock', () => {
  assert.deepEqual(
    readdirSync(directory).filter(name => name.includes('.')),
    [],
  )
})
