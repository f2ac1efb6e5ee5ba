import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { RunError, UsageError } from '../errors.ts'
import { demandMeasuringLock } from '../measuring-lock.ts'
import { RecordError } from '../record-store.ts'
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
