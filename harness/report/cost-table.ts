import { runs } from '../program.ts'
import type { ScenarioResult } from '../record.ts'
import { roleOf, type ThreadRole } from '../thread-roles.ts'
import { figure } from './quantities.ts'
import {
  comparisonCells,
  comparisonHead,
  cpuComparison,
  estimateIn,
  type SubjectRow,
  subjectName,
  subjectsIn,
} from './subject-rows.ts'
import { absent, cell, type Table } from './table.ts'

/** CPU by thread, and throughput, of every subject. */
export function costTable(result: ScenarioResult): Table {
  const { unit } = result
  const cpu = unit === 'GB' ? 'CPU s/GB' : `CPU ns/${unit}`
  const rates = unit === 'GB' ? ['MB/s'] : [`${unit}s/CPU-s`, `${unit}s/s`]
  const threads = [threadHead(result, 'socket'), threadHead(result, 'handlers'), 'other']
  const rows = subjectsIn(result.processes)
  return {
    head: ['backend', cpu, ...threads, ...rates, 'driver/subject', ...comparisonHead],
    rows: rows.map(row => [
      subjectName(row),
      ...costCells(result, row),
      ...comparisonCells(result, row),
    ]),
    verdicts: rows.map(row => cpuComparison(result, row)?.verdict ?? null),
  }
}

/** The names that these threads really had. */
function threadHead({ processes }: ScenarioResult, role: ThreadRole): string {
  const names = processes.flatMap(({ outcome }) =>
    outcome.state === 'failed' ? [] : outcome.slices.flatMap(({ threads }) => Object.keys(threads)),
  )
  const inRole = [...new Set(names)].filter(name => roleOf(name) === role)
  return inRole.length === 0 ? role : inRole.join(' + ')
}

function costCells(result: ScenarioResult, row: SubjectRow): string[] {
  const [cpu, driver] = [estimateIn(result, row, 'cpu'), estimateIn(result, row, 'driverCpu')]
  const threads = (['cpuSocketThread', 'cpuHandlers', 'cpuOther'] as const).map(metric =>
    cell(estimateIn(result, row, metric)),
  )
  const share = cpu === null || driver === null ? absent : `${figure((100 * driver) / cpu)} %`
  const perCpuSecond = cell(cpu === null ? null : 1e9 / cpu)
  return [
    cell(cpu),
    ...threads,
    ...(result.unit === 'GB' ? [] : [perCpuSecond]),
    throughputCell(result, row),
    share,
  ]
}

/** MB/s, messages/s or requests/s; where the driver or a schedule set the pace, that instead. */
export function throughputCell(result: ScenarioResult, row: SubjectRow): string {
  const wall = estimateIn(result, row, 'wall')
  if (wall !== null) return figure((result.unit === 'GB' ? 1e3 : 1e9) / wall)
  if (estimateIn(result, row, 'cpu') === null) return absent
  return result.driverBound.some(bound => runs(bound, row)) ? 'driver-bound' : absent
}
