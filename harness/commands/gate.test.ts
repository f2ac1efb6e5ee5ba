import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { configure } from '../configuration/configure.ts'
import { RunError, UsageError } from '../errors.ts'
import { demandMeasuringLock } from '../measuring-lock.ts'
import { RecordError } from '../record-store.ts'
import { ownCheckout } from '../revisions/checkout.ts'
import { gateCommand } from './gate.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-gate-command-'))
after(() => rmSync(directory, { recursive: true }))
/** Where the lock is. */
process.env.TMPDIR = directory

const comparison = { scenario: 'ibd', set: { profile: 'large', peers: 1 }, marginPercent: 2 }

/** Runs the command with a configuration, as far as it comes without measuring. */
async function failure(gate: object | null, ...args: string[]): Promise<unknown> {
  const file = join(directory, 'sockbench.config.json')
  writeFileSync(file, JSON.stringify(gate === null ? {} : { gate }))
  const out = join(directory, 'results')
  const all = ['--config', file, '--out', out, '--quiet', ...args]
  try {
    await gateCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .parseAsync(all, { from: 'user' })
  } catch (error) {
    return error
  }
  return undefined
}

test('without a configuration the error shows one', async () => {
  const error = await failure(null)
  assert.ok(error instanceof UsageError)
  assert.match(error.message, /sockbench\.config\.json, such as \{"gate": \{"comparisons":/)
})

test('what cannot be gated is refused before anything is made or measured', async () => {
  const refused = await failure({ comparisons: [{ ...comparison, metrics: ['latencyP99'] }] })
  assert.ok(refused instanceof UsageError)
  assert.ok(!readdirSync(directory).includes('results'))
})

test('fewer rounds than an interval takes are no choice', async () => {
  const error = await failure({ comparisons: [comparison] }, '--rounds', '5')
  assert.match(String(error), /whole number from 6/)
})

test('a flag undoes what the file says, in both directions', async () => {
  const strictWith = async (strict: boolean, ...flags: string[]) => {
    const file = join(directory, 'strict.json')
    writeFileSync(file, JSON.stringify({ gate: { comparisons: [comparison], strict } }))
    const command = gateCommand().action(() => {})
    await command.parseAsync(['--config', file, ...flags], { from: 'user' })
    await configure(command, 'gate')
    return command.opts().strict
  }
  assert.equal(await strictWith(true), true)
  assert.equal(await strictWith(true, '--no-strict'), false)
  assert.equal(await strictWith(false, '--strict'), true)
})

test('it does not measure beside somebody else', async () => {
  const release = demandMeasuringLock('sockbench calibrate')
  const error = await failure({ comparisons: [comparison] })
  release()
  assert.ok(error instanceof RunError)
  assert.match(error.message, /^`sockbench calibrate` \(pid \d+\) has been measuring .* since /)
})

test('a baseline of counters that is not there is said before anything is built', async () => {
  const file = join(directory, 'counters.json')
  const error = await failure({ comparisons: [comparison], counters: { file } })
  assert.ok(error instanceof RecordError)
  assert.match(error.message, /counters\.json.*gate --update-counters/)
})

test('a head that is a ref has a baseline of its own, or has none', async () => {
  const file = join(ownCheckout, 'no-such-counters.json')
  const gate = { comparisons: [comparison], counters: { file } }
  const error = await failure(gate, '--head', 'HEAD')
  assert.ok(error instanceof RecordError)
  assert.match(error.message, /no-such-counters\.json of HEAD: .*gate --update-counters/)
  const unknown = await failure(gate, '--head', 'no-such-ref')
  assert.ok(unknown instanceof UsageError)
})

test('what is about gating has no place beside --update-counters, unless the file says it', async () => {
  const gate = { comparisons: [comparison], base: 'no-such-ref', strict: true }
  for (const args of [['--base', 'main'], ['--head', 'main'], ['--shard', '1/2'], ['--strict']]) {
    const error = await failure(gate, '--update-counters', ...args)
    assert.ok(error instanceof UsageError)
    assert.match(error.message, new RegExp(`^--update-counters .*: leave ${args[0]} out$`))
  }
  const release = demandMeasuringLock('sockbench calibrate')
  const error = await failure(gate, '--update-counters')
  release()
  assert.match(String(error), /has been measuring/)
})

test('a ref that does not exist is a usage error, and the lock is free again', async () => {
  const error = await failure(
    { comparisons: [comparison], counters: false },
    '--base',
    'no-such-ref',
  )
  assert.ok(error instanceof UsageError)
  assert.match(error.message, /no-such-ref/)
  demandMeasuringLock('me')()
})
