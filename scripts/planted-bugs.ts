/**
 * Whether the suites would notice: plants each bug of `planted-bugs/bugs.ts` into a copy of the sources,
 * builds it, and runs the suites against it until one fails. Simulation and conformance always both run,
 * since what a seam in front of the system calls is worth shows in what only the first one finds.
 *
 *     npm run planted-bugs [-- --only TEXT]
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { $, argv, glob, type ProcessPromise } from 'zx'
import { type PlantedBug, plantedBugs } from './planted-bugs/bugs.ts'

const root = join(import.meta.dirname, '..', '..')
const sources = [
  'implementations',
  'scenarios',
  'harness',
  'scripts',
  'results',
  'tsconfig.json',
  'package.json',
]
/** A bug may hang a suite: that is caught, too. Without one each takes half a minute, the tests some three. */
const SUITE_TIMEOUT = '180s'
const TESTS_TIMEOUT = '1200s'

const suites = {
  simulation: ['dist/harness/cli.js', 'simulate', '--count', '2000', '--quiet'],
  conformance: ['dist/harness/cli.js', 'conform', '--quiet'],
} as const
/** Only where both others see nothing: it takes minutes. */
const testGlobs = ['dist/implementations/**/*.test.js', 'dist/harness/simulation/late-*.test.js']

type Outcome = 'caught' | 'hangs' | 'missed' | '–'

interface Row {
  bug: string
  simulation: Outcome
  conformance: Outcome
  tests: Outcome
}

const copy = mkdtempSync(join(tmpdir(), 'sockbench-bugs-'))
process.once('exit', () => rmSync(copy, { recursive: true, force: true }))
let running: ProcessPromise | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void running?.kill('SIGKILL').finally(() => process.exit(130))
    if (running === undefined) process.exit(130)
  })
}
/** Of timeout(1): it has asked the suite to end, or killed it. */
const timedOut: readonly (number | null)[] = [124, 137]

for (const source of sources) cpSync(join(root, source), join(copy, source), { recursive: true })
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
const $copy = $({
  cwd: copy,
  nothrow: true,
  quiet: true,
  env: { ...process.env, SOCKBENCH_CACHE: join(copy, 'cache') },
})

await build()
const outcomes = {
  simulation: await run(suites.simulation),
  conformance: await run(suites.conformance),
  tests: await runTests(),
}
for (const [suite, outcome] of Object.entries(outcomes)) {
  if (outcome !== 'missed') fail(`${suite}: ${outcome} without a bug: mend that first`)
}
const rows: Row[] = []
for (const bug of plantedBugs) {
  if (argv.only !== undefined && !bug.name.includes(String(argv.only))) continue
  const row = await plant(bug)
  rows.push(row)
  console.log(lineOf(row))
}
const caught = rows.filter(row => [row.simulation, row.conformance, row.tests].some(isCaught))
const by = (suite: 'simulation' | 'conformance') => rows.filter(row => isCaught(row[suite])).length
console.log(
  `${caught.length} of ${rows.length} planted bugs are caught: ${by('simulation')} by the simulation, ` +
    `${by('conformance')} by the conformance suite, the rest by tests`,
)
if (caught.length < rows.length) process.exitCode = 1

async function plant(bug: PlantedBug): Promise<Row> {
  const path = join(copy, bug.file)
  const original = readFileSync(path, 'utf8')
  if (original.split(bug.before).length !== 2) {
    fail(`"${bug.name}": ${bug.file} does not have its place exactly once; adapt bugs.ts`)
  }
  const builtPath = join(copy, 'dist', bug.file.replace(/ts$/, 'js'))
  const builtWithout = readFileSync(builtPath, 'utf8')
  writeFileSync(
    path,
    original.replace(bug.before, () => bug.after),
  )
  try {
    await build()
    if (readFileSync(builtPath, 'utf8') === builtWithout) fail(`"${bug.name}" was not built`)
    const simulation = await run(suites.simulation)
    const conformance = await run(suites.conformance)
    const isFound = isCaught(simulation) || isCaught(conformance)
    const tests = isFound ? '–' : await runTests()
    return { bug: bug.name, simulation, conformance, tests }
  } finally {
    writeFileSync(path, original)
    await build()
  }
}

/** A bug may leave a name unused: the compiler says so, and builds. */
async function build(): Promise<void> {
  await $copy`npx tsc -b`
}

async function run(
  args: readonly string[],
  timeout: string = SUITE_TIMEOUT,
): Promise<'caught' | 'hangs' | 'missed'> {
  running = $copy`timeout -k 5 ${timeout} node ${args}`
  const { exitCode } = await running
  if (timedOut.includes(exitCode)) return 'hangs'
  return exitCode === 0 ? 'missed' : 'caught'
}

async function runTests(): Promise<Outcome> {
  const files = await glob(testGlobs, { cwd: copy })
  return run(['--test', '--test-concurrency=2', ...files], TESTS_TIMEOUT)
}

function isCaught(outcome: Outcome): boolean {
  return outcome === 'caught' || outcome === 'hangs'
}

function lineOf({ bug, simulation, conformance, tests }: Row): string {
  return `${simulation.padEnd(10)}${conformance.padEnd(10)}${tests.padEnd(10)}${bug}`
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
