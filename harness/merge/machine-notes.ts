import { machineDifferences } from '../comparison/same-machine.ts'
import type { Environment, SockbenchRecord } from '../record.ts'
import { machineName, type Repeated } from './machine-factor.ts'

/** What else a reader must know of machines and what ran on them, a line each. */
export function machineNotes(
  records: readonly SockbenchRecord[],
  repeated: readonly Repeated[],
): string[] {
  return [
    ...alike(records, repeated),
    ...records.flatMap(({ tool }, source) =>
      tool.dirty === true
        ? [
            `${machineName(source)}: its sockbench had uncommitted changes, which others may not have had`,
          ]
        : [],
    ),
    ...records.flatMap(({ dispatch }, source) =>
      dispatch === null || source === 0
        ? []
        : [
            `${machineName(source)}: dispatch is left out, as ${machineName(0)} has it; see that record`,
          ],
    ),
  ]
}

/** Of machines that measured the same. That fingerprints are equal does not make them one. */
function alike(records: readonly SockbenchRecord[], repeated: readonly Repeated[]): string[] {
  const pairs = repeated.flatMap(results =>
    results.flatMap(({ source: one }, i) =>
      results.slice(i + 1).map(({ source: other }) => ({ one, other })),
    ),
  )
  const notes = pairs.flatMap(({ one, other }) =>
    areAlike(records[one].environment, records[other].environment)
      ? [
          `machines: ${machineName(one)} and ${machineName(other)} have the same fingerprint and may be ` +
            'one, at different times',
        ]
      : [],
  )
  return [...new Set(notes)]
}

/** Socket buffers and pinning are the workloads' and the plan's. */
function areAlike(one: Environment, other: Environment): boolean {
  const { pinning, socketBufferBytes } = one
  return machineDifferences(one, { ...other, pinning, socketBufferBytes }).length === 0
}
