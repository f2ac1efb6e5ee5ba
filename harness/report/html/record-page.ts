import { machineTraits } from '../../comparison/same-machine.ts'
import type { Environment, SockbenchRecord } from '../../record.ts'
import { reportModel } from '../model.ts'
import { type PageContext, reportPage } from './page.ts'
import { rawData } from './raw-data.ts'

/** The page of one record. @param calibration what is known of how often verdicts are wrong */
export async function recordPage(
  record: SockbenchRecord,
  recordPath: string,
  calibration: readonly string[],
): Promise<string> {
  return reportPage(reportModel(record, recordPath), {
    title: `sockbench: ${measuredText(record)}`,
    about: aboutText(record),
    calibration,
    environments: environmentsOf(record, 'this record’s'),
    rawData: mostCharacters => [
      { name: 'The record', data: rawData(record, 'record', recordPath, mostCharacters) },
    ],
  })
}

function measuredText({ scenarios, dispatch }: SockbenchRecord): string {
  const names = new Set(scenarios.map(({ scenario }) => scenario))
  if (dispatch !== null) names.add('dispatch')
  return names.size === 0 ? 'nothing measured' : [...names].join(', ')
}

export function aboutText({
  startedAt,
  environment,
  merged,
  tool,
  revisions,
}: SockbenchRecord): string {
  const { cpuModel, cpus, kernel, node } = environment
  const where =
    merged.length > 1
      ? `on ${merged.length} machines, which are told apart below`
      : `on ${cpuModel}, ${cpus.length} ${cpus.length === 1 ? 'CPU' : 'CPUs'}, Linux ${kernel}, Node ${node}`
  const sha = tool.gitSha === null ? '' : ` (${tool.gitSha.slice(0, 8)})`
  const compared =
    revisions.length === 0
      ? ''
      : `; ${revisions.map(({ name }) => name).join(' and ')} side by side`
  return `measured ${startedAt.slice(0, 16).replace('T', ' ')} UTC ${where}; sockbench ${tool.version}${sha}${compared}`
}

/** @param owner whose machines they are, before their name */
export function environmentsOf(
  { environment, merged }: SockbenchRecord,
  owner: string,
): PageContext['environments'] {
  const known = (name: string, one: Environment) => ({
    name: `Everything known of ${owner} ${name}`,
    traits: [...machineTraits(one)],
  })
  if (merged.length === 0) return [known('machine', environment)]
  return merged.map((one, i) => known(`machine ${i + 1}`, one.environment))
}
