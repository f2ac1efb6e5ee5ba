import type { Outcome, ScenarioResult } from '../../record.ts'
import { roleOf, type ThreadRole } from '../../thread-roles.ts'
import { FEWEST_TICKED_NS } from '../kernel-sentence.ts'
import { subjectName, subjectsIn } from '../subject-rows.ts'

/** Where a subject's CPU time was spent, as shares of one: estimates from the kernel's ticks. */
export interface UserAndKernel {
  name: string
  parts: { role: ThreadRole; mode: 'user' | 'kernel'; share: number }[]
}

/** By thread name, over all slices of a process. */
type Modes = Record<string, { userNs: number; kernelNs: number }>

/** Of all its processes together; subjects of whom the record does not say it are left out. */
export function userAndKernel({ processes }: Pick<ScenarioResult, 'processes'>): UserAndKernel[] {
  return subjectsIn(processes).flatMap(row => {
    const own = processes.filter(process => subjectName(process) === subjectName(row))
    const parts = roles.flatMap(role =>
      (['user', 'kernel'] as const).map(mode => ({
        role,
        mode,
        share: own.reduce((sum, { outcome }) => sum + nsIn(modesOf(outcome), role, mode), 0),
      })),
    )
    const total = parts.reduce((sum, { share }) => sum + share, 0)
    if (total < FEWEST_TICKED_NS) return []
    const shares = parts.map(part => ({ ...part, share: part.share / total }))
    return [{ name: subjectName(row), parts: shares.filter(({ share }) => share > 0) }]
  })
}

const roles: readonly ThreadRole[] = ['socket', 'handlers', 'other']

/** Older records have none. */
function modesOf(outcome: Outcome): Modes {
  return outcome.state === 'completed' ? (outcome.modes ?? {}) : {}
}

function nsIn(modes: Modes, role: ThreadRole, mode: 'user' | 'kernel'): number {
  return Object.entries(modes)
    .filter(([name]) => roleOf(name) === role)
    .reduce((sum, [, { userNs, kernelNs }]) => sum + (mode === 'user' ? userNs : kernelNs), 0)
}
