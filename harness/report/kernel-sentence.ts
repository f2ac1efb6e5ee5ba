import { programName, programsOf, runs } from '../program.ts'
import type { ProcessSample, ScenarioResult } from '../record.ts'
import { percentOfOne } from './quantities.ts'

/** How much of each program's CPU was the kernel's, A and A′ together; nothing of an older record. */
export function kernelSentence({ processes }: Pick<ScenarioResult, 'processes'>): string[] {
  const measured = programsOf(processes).flatMap(program => {
    const { kernelNs, totalNs } = modesOf(processes.filter(process => runs(process, program)))
    return totalNs === 0 ? [] : [{ name: programName(program), kernelNs, totalNs }]
  })
  const [shown, short] = [true, false].map(enough =>
    measured.filter(({ totalNs }) => totalNs >= FEWEST_TICKED_NS === enough),
  )
  if (shown.length === 0) return []
  const shares = shown.map(one => `${one.name} ${percentOfOne(one.kernelNs / one.totalNs)}`)
  const tooShort = short.map(({ name }) => name)
  return [
    `CPU in the kernel, by its ticks: ${shares.join(', ')}${tooShort.length === 0 ? '' : `; too little to tell of ${tooShort.join(', ')}`}`,
  ]
}

/** A second of ticks, which tells a share to within some ten points (95 %); less is hardly a sample. */
export const FEWEST_TICKED_NS = 1e9

function modesOf(processes: readonly ProcessSample[]): { kernelNs: number; totalNs: number } {
  const modes = processes.flatMap(({ outcome }) =>
    outcome.state === 'completed' ? Object.values(outcome.modes ?? {}) : [],
  )
  const kernelNs = modes.reduce((sum, mode) => sum + mode.kernelNs, 0)
  const totalNs = modes.reduce((sum, mode) => sum + mode.userNs, kernelNs)
  return { kernelNs, totalNs }
}
