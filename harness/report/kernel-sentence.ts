import { programName, programsOf, runs } from '../program.ts'
import type { ProcessSample, ScenarioResult } from '../record.ts'
import { percentOfOne } from './quantities.ts'

/** How much of each program's CPU was the kernel's, A and A′ together; nothing of an older record. */
export function kernelSentence({ processes }: Pick<ScenarioResult, 'processes'>): string[] {
  const shares = programsOf(processes).flatMap(program => {
    const share = kernelShare(processes.filter(process => runs(process, program)))
    return share === null ? [] : [`${programName(program)} ${percentOfOne(share)}`]
  })
  return shares.length === 0 ? [] : [`CPU in the kernel, by its ticks: ${shares.join(', ')}`]
}

/** A second of ticks, which tells a share to within some ten points (95 %); less is hardly a sample. */
export const FEWEST_TICKED_NS = 1e9

/** Null where it was not measured, or for too short. */
function kernelShare(processes: readonly ProcessSample[]): number | null {
  const modes = processes.flatMap(({ outcome }) =>
    outcome.state === 'completed' ? Object.values(outcome.modes ?? {}) : [],
  )
  const kernelNs = modes.reduce((sum, mode) => sum + mode.kernelNs, 0)
  const totalNs = modes.reduce((sum, mode) => sum + mode.userNs, kernelNs)
  return totalNs < FEWEST_TICKED_NS ? null : kernelNs / totalNs
}
