import type { WorkUnit } from '../record.ts'
import { hodgesLehmann } from '../statistics/hodges-lehmann.ts'
import { meanOf } from './cost-tree.ts'
import type { Turn } from './turns.ts'
import { unitsOf } from './work-units.ts'

/** What the profiler cost one program, and did to its waits. */
export interface Overhead {
  program: string
  /** CPU ns per unit of the threads that are profiled; without the profiler, in other processes. */
  plainNs: number
  profiledNs: number
  ratio: number
  /** Of 95 %, over rounds; null where there are too few. */
  interval: { low: number; high: number } | null
  /** CPU ns per unit of all other threads of the process: V8's own, its samplers among them. */
  plainOtherNs: number
  profiledOtherNs: number
  polls: { plain: PollsPerUnit; profiled: PollsPerUnit } | null
}

interface PollsPerUnit {
  calls: number
  wakeUps: number
  timeouts: number
  /** Neither: a signal ended them, and nothing but the profiler's sends any. */
  interrupted: number
}

/** @returns null where no round with a process without the profiler is left */
export function overheadOf(
  program: string,
  turns: readonly Turn[],
  unit: WorkUnit,
): Overhead | null {
  const plainTurns = turns.filter(({ profiles }) => profiles === null)
  if (plainTurns.length === 0) return null
  // Only rounds that have both: a round's turns are near each other in time.
  const profiledTurns = plainTurns.map(({ round }) => {
    const turn = turns.find(one => one.round === round && one.profiles !== null)
    if (turn === undefined) throw new Error(`round ${round} of ${program} has no profile`)
    return turn
  })
  const perRound = (profiled: boolean, cost: (turn: Turn) => number): number[] =>
    (profiled ? profiledTurns : plainTurns).map(turn => cost(turn) / unitsOf(turn.slices, unit))
  const plain = perRound(false, serviceCpuNs)
  const profiled = perRound(true, serviceCpuNs)
  const found = hodgesLehmann(profiled.map((cost, round) => Math.log(cost / plain[round])))
  const polls = (isProfiled: boolean): PollsPerUnit => {
    const of = (name: string) => meanOf(perRound(isProfiled, ({ counts }) => counts[name] ?? 0))
    const [calls, wakeUps, timeouts] = [of('syscall.poll'), of('pollWakeUps'), of('pollTimeouts')]
    return { calls, wakeUps, timeouts, interrupted: Math.max(0, calls - wakeUps - timeouts) }
  }
  return {
    program,
    plainNs: meanOf(plain),
    profiledNs: meanOf(profiled),
    ratio: Math.exp(found.estimate),
    interval:
      found.state === 'too-few' ? null : { low: Math.exp(found.low), high: Math.exp(found.high) },
    plainOtherNs: meanOf(perRound(false, turn => cpuNsOf(turn, 'other'))),
    profiledOtherNs: meanOf(perRound(true, turn => cpuNsOf(turn, 'other'))),
    polls: turns.some(({ counts }) => 'syscall.poll' in counts)
      ? { plain: polls(false), profiled: polls(true) }
      : null,
  }
}

function serviceCpuNs(turn: Turn): number {
  const threads = turn.slices.flatMap(({ threads: of }) => Object.keys(of))
  return [...new Set(threads)]
    .filter(name => name !== 'other')
    .reduce((sum, name) => sum + cpuNsOf(turn, name), 0)
}

export function cpuNsOf({ slices }: Pick<Turn, 'slices'>, thread: string): number {
  return slices.reduce((sum, { threads }) => sum + (threads[thread]?.cpuNs ?? 0), 0)
}
