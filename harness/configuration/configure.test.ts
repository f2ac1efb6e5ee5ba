import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Command } from '@commander-js/extra-typings'
import { duration, list, positiveNumber, repeatable, wholeNumber } from '../commands/arguments.ts'
import { UsageError } from '../errors.ts'
import { configure } from './configure.ts'
import type { SockbenchConfig } from './define-config.ts'
import { resolvedConfiguration } from './resolved.ts'

const root = mkdtempSync(join(tmpdir(), 'sockbench-configure-'))
after(() => rmSync(root, { recursive: true }))

interface Given {
  flags?: string[]
  environment?: Record<string, string>
  file?: SockbenchConfig
}

/** A command with an option of every kind, configured as `sockbench run` is. */
async function configured({ flags = [], environment = {}, file }: Given) {
  const directory = mkdtempSync(join(root, 'case-'))
  if (file !== undefined) {
    writeFileSync(join(directory, 'sockbench.config.json'), JSON.stringify(file))
  }
  writeFileSync(join(directory, 'other.json'), '{ "run": { "seed": 77 } }')
  const command = new Command('run')
    .option('--scenario <list>', '', list, ['ibd', 'http'])
    .option('--backend <list>', '', list)
    .option('--rounds <n>', '', wholeNumber(1, 10_000))
    .option('--budget <time>', '', duration)
    .option('--margin <percent>', '', positiveNumber, 1)
    .option('--seed <n>', '', wholeNumber(0, 0xffffffff))
    .option('--set <key=value>', '', repeatable, [])
    .option('--out <dir>', '', 'results')
    .option('--at-height <n>', '', wholeNumber(1, 9))
    .option('--json', '', false)
    .option('--no-color')
    .option('--config <file>')
    .parse(flags, { from: 'user' })
  const { section, resolved } = await configure(command, 'run', { directory, environment })
  return { options: command.opts(), section, resolved }
}

async function refused(given: Given, message: string) {
  await assert.rejects(configured(given), (error: unknown) => {
    assert(error instanceof UsageError, String(error))
    assert.equal(error.message, message)
    assert.equal(error.exitCode, 2)
    return true
  })
}

test('a flag goes before the environment, that before the file, that before the default', async () => {
  const flags = ['--margin', '4']
  const environment = { SOCKBENCH_MARGIN: '3' }
  const file = { run: { margin: 2 } }
  const margin = async (given: Given) => {
    const { options, resolved } = await configured(given)
    return [options.margin, resolved.values.margin]
  }
  assert.deepEqual(await margin({ flags, environment, file }), [4, { value: 4, source: 'flag' }])
  assert.deepEqual(await margin({ environment, file }), [3, { value: 3, source: 'environment' }])
  assert.deepEqual(await margin({ file }), [2, { value: 2, source: 'file' }])
  assert.deepEqual(await margin({}), [1, { value: 1, source: 'default' }])
})

test('a flag counts even if it says what is the default', async () => {
  const { options } = await configured({ flags: ['--margin', '1'], file: { run: { margin: 2 } } })
  assert.equal(options.margin, 1)
})

test('values of the file go through the parsers of the flags', async () => {
  const { options } = await configured({
    file: {
      run: {
        scenario: ['push', 'mixed'],
        backend: ['direct'],
        rounds: 8,
        budget: '2m',
        seed: 5,
        set: { peers: [1, 8], profile: 'large' },
        out: 'my results',
      },
    },
  })
  assert.deepEqual(options, {
    scenario: ['push', 'mixed'],
    backend: ['direct'],
    rounds: 8,
    budget: 120_000,
    margin: 1,
    seed: 5,
    set: ['peers=1,8', 'profile=large'],
    out: 'my results',
    json: false,
    color: true,
  })
})

test('so do values of the environment', async () => {
  const { options } = await configured({
    environment: {
      SOCKBENCH_SCENARIO: 'push,mixed',
      SOCKBENCH_ROUNDS: ' 8 ',
      SOCKBENCH_BUDGET: '2m',
      SOCKBENCH_SET: 'peers=1,8  profile=large',
      SOCKBENCH_OUT: 'my results',
      SOCKBENCH_AT_HEIGHT: '3',
      SOCKBENCH_JSON: 'true',
      SOCKBENCH_COLOR: '0',
    },
  })
  assert.deepEqual(options, {
    scenario: ['push', 'mixed'],
    rounds: 8,
    budget: 120_000,
    margin: 1,
    set: ['peers=1,8', 'profile=large'],
    out: 'my results',
    atHeight: 3,
    json: true,
    color: false,
  })
})

test('a switch in the environment can be off', async () => {
  const { options } = await configured({
    environment: { SOCKBENCH_JSON: '0', SOCKBENCH_COLOR: 'true' },
  })
  assert.deepEqual([options.json, options.color], [false, true])
})

test('an empty variable is none', async () => {
  const environment = { SOCKBENCH_ROUNDS: '', SOCKBENCH_JSON: ' ' }
  const { options } = await configured({ environment, file: { run: { rounds: 9 } } })
  assert.deepEqual([options.rounds, options.json], [9, false])
})

test('a repeatable option is taken whole from one source', async () => {
  const file = { run: { set: { peers: 8, profile: 'large' } } }
  const { options } = await configured({ flags: ['--set', 'peers=1'], file })
  assert.deepEqual(options.set, ['peers=1'])
})

test('a bad value names its source, and is refused as the flag would be', async () => {
  const rounds = 'give a whole number from 1 to 10000'
  await refused({ environment: { SOCKBENCH_ROUNDS: 'x' } }, `SOCKBENCH_ROUNDS: ${rounds}`)
  await refused({ file: { run: { rounds: 0.5 } } }, `sockbench.config.json: run.rounds: ${rounds}`)
  await refused({ environment: { SOCKBENCH_JSON: 'yes' } }, 'SOCKBENCH_JSON: give true or false')
  await refused(
    { file: { run: { scenario: [] } } },
    'sockbench.config.json: run.scenario: name at least one, comma-separated',
  )
})

test('a bad value does no harm behind a good one that goes before it', async () => {
  const { options } = await configured({
    flags: ['--rounds', '7'],
    environment: { SOCKBENCH_ROUNDS: 'x' },
    file: { run: { rounds: 0.5 } },
  })
  assert.equal(options.rounds, 7)
})

test('the file can be named by a flag and by the environment', async () => {
  const file = { run: { seed: 1 } }
  const named = await configured({ flags: ['--config', 'other.json'], file })
  assert.deepEqual([named.options.seed, named.resolved.file], [77, 'other.json'])
  const environment = { SOCKBENCH_CONFIG: 'other.json' }
  assert.equal((await configured({ environment, file })).options.seed, 77)
  assert.equal((await configured({ file })).options.seed, 1)
})

test('what was resolved is plain data: every option, its value and its source', async () => {
  const { resolved } = await configured({
    flags: ['--json'],
    environment: { SOCKBENCH_SEED: '6' },
    file: { run: { set: { peers: 1 } } },
  })
  assert.deepEqual(resolved, {
    file: 'sockbench.config.json',
    values: {
      scenario: { value: ['ibd', 'http'], source: 'default' },
      backend: { value: null, source: 'default' },
      rounds: { value: null, source: 'default' },
      budget: { value: null, source: 'default' },
      margin: { value: 1, source: 'default' },
      seed: { value: 6, source: 'environment' },
      set: { value: ['peers=1'], source: 'file' },
      out: { value: 'results', source: 'default' },
      atHeight: { value: null, source: 'default' },
      json: { value: true, source: 'flag' },
      color: { value: true, source: 'default' },
      config: { value: null, source: 'default' },
    },
  })
  assert.deepEqual(resolvedConfiguration.parse(JSON.parse(JSON.stringify(resolved))), resolved)
})

test('without a file, none is recorded', async () => {
  const { section, resolved } = await configured({})
  assert.deepEqual([section, resolved.file], [undefined, null])
})

test('what the file says beside the options is handed over and recorded', async () => {
  const directory = mkdtempSync(join(root, 'gate-'))
  const comparisons = [{ scenario: 'dispatch', marginPercent: 0, backends: ['direct'] }]
  writeFileSync(
    join(directory, 'sockbench.config.mjs'),
    `export default { gate: { strict: true, waits: undefined, comparisons: ${JSON.stringify(comparisons)} } }`,
  )
  const command = new Command('gate').option('--strict', '', false).option('--no-waits')
  command.parse([], { from: 'user' })
  const { section, resolved } = await configure(command, 'gate', { directory, environment: {} })
  assert.deepEqual(section?.comparisons, comparisons)
  assert.equal(command.opts().strict, true)
  assert.deepEqual(resolved, {
    file: 'sockbench.config.mjs',
    values: {
      strict: { value: true, source: 'file' },
      waits: { value: true, source: 'default' },
      comparisons: { value: comparisons, source: 'file' },
    },
  })
})
