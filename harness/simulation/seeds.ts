import fc from 'fast-check'
import { keepLargeMemoryLazy } from '../../implementations/sock/lazy-memory.ts'
import type { ChainParameters } from '../../scenarios/ibd/chain-profile.ts'
import {
  type Comparison,
  compareBackends,
  judgeConsumer,
  simulatedBackends,
} from './differential.ts'
import { regressions } from './regressions.ts'
import { type Schedule, scheduleOf, schedules } from './schedule.ts'

/** What a simulated HTTP server serves. */
export const smallChain: ChainParameters = { profile: '300', blocks: 4, seed: 1 }

/** Below what a schedule is run: the system calls of every backend, or the events of SockMan's consumers. */
export type Seam = 'sock' | 'sockman'

const runAt: Readonly<
  Record<Seam, (schedule: Schedule, chainFile: string) => Comparison | undefined>
> = { sock: compareBackends, sockman: judgeConsumer }

/** What runs there. */
export const ranAt: Readonly<Record<Seam, string>> = {
  sock: `${simulatedBackends.map(({ name }) => name).join(', ')} do the same, and nothing wrong`,
  sockman: "virtual-sockman's consumers do nothing wrong, SockMan being played to them",
}

export interface Found extends Comparison {
  readonly seed: number
}

/** @returns undefined if the seed's schedule is none that can be run there */
export function simulateSeed(seed: number, chainFile: string, seam: Seam): Found | undefined {
  keepLargeMemoryLazy() // each connection has its megabytes, of which little is used
  const comparison = runAt[seam](scheduleOf(seed), chainFile)
  return comparison && { seed, ...comparison }
}

/** The bugs whose schedules fail again, with what is wrong. */
export function failingRegressions(chainFile: string, seam: Seam): string[] {
  keepLargeMemoryLazy()
  return regressions.flatMap(({ bug, schedule }) =>
    problemsOf(schedule, chainFile, seam).map(problem => `${bug}: ${problem}`),
  )
}

function problemsOf(schedule: Schedule, chainFile: string, seam: Seam): readonly string[] {
  return runAt[seam](schedule, chainFile)?.problems ?? []
}

/** The smallest schedule found that fails when that of the seed is made smaller, for whatever reason. */
export function shrunk(seed: number, chainFile: string, seam: Seam): Schedule {
  let smallest = scheduleOf(seed)
  fc.check(
    fc.property(schedules, schedule => {
      if (problemsOf(schedule, chainFile, seam).length === 0) return true
      smallest = schedule
      return false
    }),
    { seed, numRuns: 1, interruptAfterTimeLimit: SHRINK_MS, markInterruptAsFailure: true },
  )
  return smallest
}

const SHRINK_MS = 60_000

/** @param smallest the smallest schedule known that fails as the seed's does, if it was looked for */
export function failureText({ seed, problems }: Found, seam: Seam, smallest?: Schedule): string {
  return [
    `seed ${seed}:`,
    ...problems.map(problem => `  ${problem.replaceAll('\n', '\n    ')}`),
    ...(smallest === undefined ? [] : ['the smallest schedule that fails, too:', jsonOf(smallest)]),
    `again: sockbench simulate --seed ${seed}${seam === 'sock' ? '' : ` --seam ${seam}`}`,
    '',
  ].join('\n')
}

function jsonOf(schedule: Schedule): string {
  return JSON.stringify(schedule, null, 1).replace(/\n\s+(?=[^\s{[\]}])/g, ' ')
}
