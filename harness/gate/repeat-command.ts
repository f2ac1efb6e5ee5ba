import { quoted } from '../commands/command-line.ts'
import { mostRounds } from '../plan.ts'
import type { RevisionSource } from '../record.ts'
import type { GatedMeasurement } from './gated-measurements.ts'

/**
 * What measures one workload on one backend again, both revisions side by side. The head as it is has
 * no name that another checkout would know.
 * @param marginPercent null where none is at issue; and none that is 0 can be asked for
 */
export function repeatCommand(
  { measurement, set }: GatedMeasurement,
  marginPercent: number | null,
  { base, head }: { base: RevisionSource; head: RevisionSource },
): string {
  const { workload, backends, schedule } = measurement
  return [
    `sockbench compare --base ${shortSha(base)}`,
    ...(head.ref === null ? [] : [`--head ${shortSha(head)}`]),
    `--scenario ${workload.scenario} --backend ${backends.join(',')}`,
    ...Object.entries(set).map(([key, value]) => `--set ${quoted(`${key}=${value}`)}`),
    `--rounds ${mostRounds(schedule)}`,
    ...(marginPercent === null || marginPercent === 0 ? [] : [`--margin ${marginPercent}`]),
  ].join(' ')
}

function shortSha({ gitSha }: RevisionSource): string {
  return gitSha?.slice(0, 12) ?? ''
}
