import { runs } from '../program.ts'
import type { ScenarioResult, WaitVerdict } from '../record.ts'
import { throughputCell } from './cost-table.ts'
import { duration, percentOfOne } from './quantities.ts'
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

/** CPU, throughput and latency of every subject; and what it uses at rest, where that was measured. */
export function latencyTable(result: ScenarioResult): Table {
  const { unit, estimates } = result
  const rests = estimates.some(({ metric }) => metric === 'idleCpu')
  const rows = subjectsIn(result.processes)
  return {
    head: [
      'backend',
      unit === 'GB' ? 'CPU s/GB' : `CPU µs/${unit}`,
      unit === 'GB' ? 'MB/s' : `${unit}s/s`,
      'p50',
      'p90',
      'p99',
      'p99.9',
      'max',
      'waited',
      ...(rests ? restHead : []),
      ...comparisonHead,
    ],
    rows: rows.map(row => [
      subjectName(row),
      cpuCell(result, row),
      throughputCell(result, row),
      ...(['latencyP50', 'latencyP90', 'latencyP99', 'latencyP999', 'latencyMax'] as const).map(
        metric => latencyCell(result, row, metric),
      ),
      waitedCell(result, row),
      ...(rests ? restCells(result, row) : []),
      ...comparisonCells(result, row),
    ]),
    verdicts: rows.map(row => cpuComparison(result, row)?.verdict ?? null),
  }
}

export const restHead = ['CPU at rest', 'polls/s at rest']

export function restCells(result: ScenarioResult, row: SubjectRow): string[] {
  const cores = estimateIn(result, row, 'idleCpu')
  return [cores === null ? absent : percentOfOne(cores), cell(estimateIn(result, row, 'idlePolls'))]
}

/** In s/GB, or µs per message or request. */
export function cpuCell(result: ScenarioResult, row: SubjectRow): string {
  const cpu = estimateIn(result, row, 'cpu')
  return cell(cpu === null || result.unit === 'GB' ? cpu : cpu / 1000)
}

export function latencyCell(
  result: ScenarioResult,
  row: SubjectRow,
  metric: 'latencyP50' | 'latencyP90' | 'latencyP99' | 'latencyP999' | 'latencyMax',
): string {
  const us = estimateIn(result, row, metric)
  return us === null ? absent : duration(us)
}

/** The share of samples that waited for the poll loop's timeout, A and A′ together. */
export function waitedCell({ waits }: ScenarioResult, row: SubjectRow): string {
  const verdict = waits.find(one => runs(one, row))?.verdict
  return verdict === undefined ? absent : waitedText(verdict)
}

function waitedText(verdict: WaitVerdict): string {
  switch (verdict.state) {
    case 'waits':
      return `${percentOfOne(verdict.waitingShare)}, ${verdict.kind}`
    case 'none':
      return 'none'
    case 'too-few':
      return 'too few'
  }
}
