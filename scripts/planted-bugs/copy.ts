import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { $, glob, type ProcessPromise } from 'zx'
import { candidates } from '../../implementations/registry.ts'
import type { PlantedBug } from './planted-bug.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const sources = [
  'implementations',
  'scenarios',
  'harness',
  'scripts',
  'results',
  'tsconfig.json',
  'package.json',
]
/** A bug may hang a suite: that is caught, too. Without one each takes half a minute. */
const SUITE_TIMEOUT = '120s'
/** Of each file of tests; without a bug all of them take three minutes, none more than one. */
const TEST_FILE_TIMEOUT_MS = 180_000
const TESTS_TIMEOUT = '900s'

/** Without the schedules that are kept: some of them were shrunk from what these very bugs do. */
const simulation = ['simulate', '--count', '2000', '--no-regressions', '--no-shrink', '--quiet']
const cli = 'dist/harness/cli.js'
/** Yardsticks are not: they would take as long again. */
const judged = candidates.map(({ name }) => name).join(',')
const testGlobs = [
  'dist/implementations/**/*.test.js',
  'dist/harness/simulation/!(simulation).test.js',
]
/** For whatever a bug is in. */
const generalTests = /send-path|\/threads\/|\/simulation\//

/** None of their code is run at SockMan's events. */
const otherBackends = /\/(direct|devirtualized-sockman)\//

/** What else can find a bug, by what it is in. */
interface Aspect {
  readonly file: RegExp
  /** Of outside peers: none speaks to a wallet, or subscribes. */
  readonly conformance: 'p2p' | 'http' | 'none'
  readonly tests: RegExp
}

const aspects: readonly Aspect[] = [
  { file: /outbound-http|sock\/connect/, conformance: 'none', tests: /outbound-http|sock\// },
  { file: /push|sv2/, conformance: 'none', tests: /push|sv2/ },
  { file: /http/, conformance: 'http', tests: /http/ },
  { file: /p2p|message|node\/node/, conformance: 'p2p', tests: /p2p|node\/|\/backends/ },
]

/** What suites say when they have found something; whoever ends otherwise has crashed. */
const findings = /wrong answers:|backends differ in|seed \d+ fails|^not ok /m

export type Outcome = 'caught' | 'hangs' | 'crashes' | 'missed' | '–'

/** What each suite made of one bug. */
export interface Row {
  bug: string
  simulation: Outcome
  /** The same at the seam of SockMan's events. */
  consumers: Outcome
  conformance: Outcome
  tests: Outcome
}

/** Of timeout(1): it has asked the suite to end, or killed it. */
const timedOut: readonly (number | null)[] = [124, 137]

/** Of the sources, to plant one bug at a time in. */
export class Copy {
  private readonly directory = mkdtempSync(join(tmpdir(), 'sockbench-bugs-'))
  private running: ProcessPromise | undefined
  private readonly $ = $({
    cwd: this.directory,
    nothrow: true,
    quiet: true,
    env: { ...process.env, SOCKBENCH_CACHE: join(this.directory, 'cache') },
  })

  constructor() {
    for (const source of sources) {
      cpSync(join(root, source), join(this.directory, source), { recursive: true })
    }
    symlinkSync(join(root, 'node_modules'), join(this.directory, 'node_modules'))
  }

  /** @throws unless it is built; a bug may leave a name unused, and is built all the same */
  async build(): Promise<void> {
    const { stdout } = await this.$`npx tsc -b`
    const error = stdout.split('\n').find(line => / error TS(?!6133|6192|6196)/.test(line))
    if (error !== undefined) throw new Error(error)
  }

  /** @throws unless each bug's place is there exactly once */
  demandPlaces(bugs: readonly PlantedBug[]): void {
    for (const { name, file, before } of bugs) {
      const count = readFileSync(join(this.directory, file), 'utf8').split(before).length - 1
      if (count !== 1) throw new Error(`"${name}": ${count} such places in ${file}; adapt bugs.ts`)
    }
  }

  async plant(bug: PlantedBug): Promise<Row> {
    const path = join(this.directory, bug.file)
    const original = readFileSync(path, 'utf8')
    const builtPath = join(this.directory, 'dist', bug.file.replace(/ts$/, 'js'))
    const builtWithout = readFileSync(builtPath, 'utf8')
    writeFileSync(
      path,
      original.replace(bug.before, () => bug.after),
    )
    try {
      await this.build()
      if (readFileSync(builtPath, 'utf8') === builtWithout)
        throw new Error(`"${bug.name}" was not built`)
      const aspect = aspects.find(({ file }) => file.test(bug.file))
      const outcomes = {
        simulation: await this.simulate('sock'),
        consumers: otherBackends.test(bug.file) ? '–' : await this.simulate('sockman'),
        conformance: await this.conform(aspect?.conformance),
      }
      const isFound = Object.values(outcomes).some(isCaught)
      const tests = isFound ? '–' : await this.test(aspect?.tests)
      return { bug: bug.name, ...outcomes, tests }
    } finally {
      writeFileSync(path, original)
      await this.build()
    }
  }

  simulate(seam: 'sock' | 'sockman'): Promise<Outcome> {
    return this.run([cli, ...simulation, '--seam', seam], SUITE_TIMEOUT)
  }

  /** @param protocol the one that is enough; by default both */
  async conform(protocol?: Aspect['conformance']): Promise<Outcome> {
    if (protocol === 'none') return '–'
    const only = protocol === undefined ? [] : ['--protocol', protocol]
    return this.run([cli, 'conform', '--backend', judged, ...only, '--quiet'], SUITE_TIMEOUT)
  }

  /** @param which by path, besides the general ones; by default all */
  async test(which = /./): Promise<Outcome> {
    const all = await glob(testGlobs, { cwd: this.directory })
    const files = all.filter(file => which.test(file) || generalTests.test(file))
    const timeout = `--test-timeout=${TEST_FILE_TIMEOUT_MS}`
    return this.run(['--test', '--test-concurrency=2', timeout, ...files], TESTS_TIMEOUT)
  }

  private async run(args: readonly string[], timeout: string): Promise<Outcome> {
    this.running = this.$`timeout -k 5 ${timeout} node ${args}`
    const { exitCode, stdall } = await this.running
    this.running = undefined
    if (exitCode === 0) return 'missed'
    if (timedOut.includes(exitCode)) return 'hangs'
    return findings.test(stdall) ? 'caught' : 'crashes'
  }

  async end(): Promise<void> {
    await this.running?.kill('SIGKILL')
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** A bug may end a suite as it may end a server: nobody overlooks that either. */
export function isCaught(outcome: Outcome): boolean {
  return outcome === 'caught' || outcome === 'hangs' || outcome === 'crashes'
}
