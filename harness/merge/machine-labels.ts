import type { SockbenchRecord } from '../record.ts'
import { machineName } from './machine-factor.ts'

/**
 * The labels of what other machines measured, too, name the machine: in results, failures and warnings.
 * Warnings that are about no workload name it in any case.
 */
export function labelledByMachine(
  record: SockbenchRecord,
  source: number,
  isRepeated: (result: SockbenchRecord['scenarios'][number]) => boolean,
): SockbenchRecord {
  const machine = machineName(source)
  const repeated = new Set(record.scenarios.filter(isRepeated).map(titleOf))
  const labelOf = (one: Titled) =>
    repeated.has(titleOf(one)) ? `${one.label}, ${machine}` : one.label
  const labelled = <T extends Titled>(one: T): T => ({ ...one, label: labelOf(one) })
  return {
    ...record,
    scenarios: record.scenarios.map(labelled),
    failures: record.failures.map(labelled),
    warnings: record.warnings.map(warning => {
      const about = record.scenarios.find(one => warning.startsWith(`${titleOf(one)}, `))
      return about === undefined
        ? `${machine}: ${warning}`
        : `${titleOf(labelled(about))}${warning.slice(titleOf(about).length)}`
    }),
  }
}

interface Titled {
  scenario: string
  label: string
}

/** As warnings of the analysis start. */
function titleOf({ scenario, label }: Titled): string {
  return `${scenario} (${label})`
}
