import { Command } from '@commander-js/extra-typings'
import { loadOrWriteServedChain } from '../../scenarios/http/served-chain.ts'
import { RunError } from '../errors.ts'
import { interruptible } from '../interruption.ts'
import { print } from '../print.ts'
import { barLine, Progress, progressStyle } from '../progress.ts'
import type { Found, Seam } from '../simulation/seeds.ts'
import { duration, oneOf, wholeNumber } from './arguments.ts'

/** Loaded when it is needed: what peers say takes a moment to prepare. */
const loadSimulation = () => import('../simulation/seeds.ts')
type SimulationModule = Awaited<ReturnType<typeof loadSimulation>>

const seams = ['sock', 'sockman'] as const satisfies readonly Seam[]
const MAX_SEED = 0x7fff_ffff
const SEEDS_PER_TURN = 20

export function simulateCommand() {
  return new Command('simulate')
    .description(
      'run seeded schedules of arrivals, errors and timeouts on every backend, in memory',
    )
    .option('--seed <n>', 'the first seed', wholeNumber(0, MAX_SEED), 1)
    .option('--count <n>', 'seeds in all', wholeNumber(1, MAX_SEED))
    .option(
      '--seam <name>',
      'sock: system calls of every backend fail; sockman: its consumers alone, without sockets',
      oneOf(seams),
      'sock',
    )
    .option('--budget <time>', 'stop after so long, as in 60s', duration)
    .option('--no-regressions', 'the seeds alone, without the bugs that were found before')
    .option('--no-shrink', 'of a seed that fails say only what went wrong')
    .option('--quiet', 'no progress', false)
    .action(async ({ seed, count, seam, budget, regressions, shrink, quiet }) => {
      const progress = new Progress(progressStyle(process.stderr, quiet))
      const total = count ?? (budget === undefined ? 1 : MAX_SEED - seed)
      const simulation = await loadSimulation()
      const chain = await loadOrWriteServedChain({
        parameters: simulation.smallChain,
        warn: line => progress.note(line),
        onProgress: () => {},
      })
      if (chain.state === 'failed') throw new RunError(chain.reason)
      const run: SeedRun = {
        simulation,
        seam,
        first: seed,
        count: total,
        budgetMs: budget ?? Number.POSITIVE_INFINITY,
        chainFile: chain.path,
        shrink,
      }
      if (regressions) simulateRegressions(run)
      await simulateSeeds(run, progress)
    })
}

interface SeedRun {
  simulation: SimulationModule
  seam: Seam
  first: number
  count: number
  budgetMs: number
  chainFile: string
  shrink: boolean
}

function simulateRegressions({ simulation, seam, chainFile }: SeedRun): void {
  const failing = simulation.failingRegressions(chainFile, seam)
  if (failing.length === 0) return
  print(`${failing.join('\n')}\n`)
  throw new RunError('a bug is back that was found before; see above')
}

async function simulateSeeds(run: SeedRun, progress: Progress): Promise<void> {
  const { simulation, seam, first, count, budgetMs, chainFile } = run
  const signal = interruptible()
  const startMs = performance.now()
  const injected = new Map<string, number>()
  let done = 0
  let ran = 0
  while (done < count && performance.now() - startMs < budgetMs) {
    const found = simulation.simulateSeed(first + done, chainFile, seam)
    done++
    if (found !== undefined) {
      ran++
      for (const [kind, times] of found.injected) {
        injected.set(kind, (injected.get(kind) ?? 0) + times)
      }
      if (found.problems.length > 0) return fail(found, run, progress)
    }
    if (done % SEEDS_PER_TURN > 0) continue
    const elapsedMs = performance.now() - startMs
    const fraction = Math.max(done / count, elapsedMs / budgetMs)
    progress.show(barLine({ label: `seed ${first + done}`, fraction, elapsedMs }))
    await new Promise(resolve => setImmediate(resolve))
    if (signal.aborted) {
      progress.clear()
      throw signal.reason
    }
  }
  progress.clear()
  print(summaryText(run, { done, ran }, performance.now() - startMs, injected))
}

function fail(
  found: Found,
  { simulation, seam, chainFile, shrink }: SeedRun,
  progress: Progress,
): never {
  progress.clear()
  const smallest = shrink ? simulation.shrunk(found.seed, chainFile, seam) : undefined
  print(simulation.failureText(found, seam, smallest))
  throw new RunError(`seed ${found.seed} fails; see above`)
}

function summaryText(
  { simulation, seam, first }: SeedRun,
  { done, ran }: { done: number; ran: number },
  elapsedMs: number,
  injected: ReadonlyMap<string, number>,
): string {
  const perSecond = Math.round((ran / elapsedMs) * 1_000)
  const some = ran === done ? '' : `, of which ${ran} are of what runs here`
  const kinds = [...injected].toSorted(([a], [b]) => a.localeCompare(b))
  return (
    `seeds ${first} to ${first + done - 1}${some}: ${simulation.ranAt[seam]} ` +
    `(${(elapsedMs / 1_000).toFixed(1)} s, ${perSecond} seeds/s)\n` +
    `faults injected: ${kinds.map(([kind, times]) => `${kind} ${times}`).join(', ') || 'none'}\n`
  )
}
