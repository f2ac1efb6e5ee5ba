import { isDeepStrictEqual } from 'node:util'
import { UsageError } from '../errors.ts'
import type { SockbenchRecord } from '../record.ts'
import { PLANNED_ROUNDS } from './spread.ts'
import { type Calibration, machineOf } from './stored.ts'
import { toolName } from './tool-name.ts'

/** A′ against A in one run that was long, as measured; in per cent. */
export interface LongAa {
  rounds: number
  slices: number
  startedAt: string
  tool: string
  percent: number
  low: number
  high: number
  halfWidth: number
}

/** Of the CPU of `ibd` with large blocks; null where a record is no such run, or a shorter one. */
export function longAaIn(record: SockbenchRecord): LongAa | null {
  const [result] = record.scenarios
  if (record.scenarios.length !== 1) return null
  if (result.scenario !== 'ibd' || result.parameters.profile !== 'large') return null
  const twins = result.comparisons.find(({ kind, metric }) => kind === 'aa' && metric === 'cpu')
  if (twins === undefined || twins.low === null || twins.high === null) return null
  if (twins.rounds < PLANNED_ROUNDS) return null
  const slices = result.processes.map(({ outcome }) =>
    outcome.state === 'completed' ? outcome.slices.length : 0,
  )
  const percentOf = (ratio: number) => 100 * (ratio - 1)
  return {
    rounds: twins.rounds,
    slices: Math.max(...slices),
    startedAt: record.startedAt,
    tool: toolName(record.tool),
    percent: percentOf(twins.ratio),
    low: percentOf(twins.low),
    high: percentOf(twins.high),
    halfWidth: (100 * (twins.high - twins.low)) / 2,
  }
}

/** @throws UsageError for a record that says nothing of what this calibration is of */
export function demandLongAa(
  record: SockbenchRecord,
  path: string,
  { machine, settings: { backend } }: Pick<Calibration, 'machine' | 'settings'>,
): void {
  const isOfBackend = record.scenarios.every(({ processes }) =>
    processes.every(({ arm, ...one }) => arm !== 'A' || one.backend === backend),
  )
  if (longAaIn(record) === null || !isOfBackend) {
    throw new UsageError(
      `${path} is no A/A run of ${PLANNED_ROUNDS} rounds: measure one with \`sockbench run ` +
        `--backend ${backend} --set profile=large --set peers=1 --rounds ${PLANNED_ROUNDS}\``,
    )
  }
  if (!isDeepStrictEqual(machineOf(record.environment), machine)) {
    throw new UsageError(
      `${path} is from another machine than this calibration: measure it on the same`,
    )
  }
}
