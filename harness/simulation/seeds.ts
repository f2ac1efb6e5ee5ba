import fc from 'fast-check'
import { keepLargeMemoryLazy } from '../../implementations/sock/lazy-memory.ts'
import type { ChainParameters } from '../../scenarios/ibd/chain-profile.ts'
import { type Comparison, compareBackends } from './differential.ts'

export { simulatedBackends } from './differential.ts'

import { regressions } from './regressions.ts'
import { type Schedule, scheduleOf, schedules } from './schedule.ts'

/** What a simulated HTTP server serves. */
export const smallChain: ChainParameters = { profile: '300', blocks: 4, seed: 1 }

export interface Found extends Comparison {
  readonly seed: number
}

export function simulateSeed(seed: number, chainFile: string): Found {
  keepLargeMemoryLazy() // each connection has its megabytes, of which little is used
  return { seed, ...compareBackends(scheduleOf(seed), chainFile) }
}

/** The bugs whose schedules fail again, with what is wrong. */
export function failingRegressions(chainFile: string): string[] {
  keepLargeMemoryLazy()
  return regressions.flatMap(({ bug, schedule }) =>
    compareBackends(schedule, chainFile).problems.map(problem => `${bug}: ${problem}`),
  )
}

/** The smallest schedule found that fails as that of the seed does. */
export function shrunk(seed: number, chainFile: string): Schedule {
  let smallest = scheduleOf(seed)
  fc.check(
    fc.property(schedules, schedule => {
      if (compareBackends(schedule, chainFile).problems.length === 0) return true
      smallest = schedule
      return false
    }),
    { seed, numRuns: 1, interruptAfterTimeLimit: SHRINK_MS, markInterruptAsFailure: true },
  )
  return smallest
}

const SHRINK_MS = 60_000

/** @param smallest the smallest schedule known that fails as the seed's does, if it was looked for */
export function failureText({ seed, problems }: Found, smallest?: Schedule): string {
  return [
    `seed ${seed}:`,
    ...problems.map(problem => `  ${problem.replaceAll('\n', '\n    ')}`),
    ...(smallest === undefined ? [] : ['the smallest schedule that fails, too:', jsonOf(smallest)]),
    `again: sockbench simulate --seed ${seed}`,
    '',
  ].join('\n')
}

function jsonOf(schedule: Schedule): string {
  return JSON.stringify(schedule, null, 1).replace(/\n\s+(?=[^\s{[\]}])/g, ' ')
}
