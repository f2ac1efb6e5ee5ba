import type {
  Arm,
  Comparison,
  Environment,
  Estimate,
  Failure,
  Metric,
  ProcessSample,
  ScenarioResult,
  SockbenchRecord,
  WorkUnit,
} from '../record.ts'
import { figure, ratioFigure } from './quantities.ts'
import { sentencesOf, verdictText } from './sentences.ts'

/** What every report shows, in words and figures, without a layout. */
export interface ReportModel {
  sections: Section[]
  failures: string[]
  warnings: string[]
  provenance: { name: string; text: string }[]
}

export interface Section {
  title: string
  subjects: Table
  /** What the subjects counted, per block or per 1000 messages. */
  counts: Table | null
  sentences: string[]
}

export interface Table {
  head: string[]
  rows: string[][]
  /** By row: the verdict that its last column tells of. */
  verdicts: (Comparison['verdict'] | null)[]
}

export function reportModel(record: SockbenchRecord, recordPath: string): ReportModel {
  return {
    sections: record.scenarios.map(sectionOf),
    failures: record.failures.map(failureText),
    warnings: record.warnings,
    provenance: [
      { name: 'record', text: recordPath },
      { name: 'seed', text: String(record.seed) },
      { name: 'again', text: record.command },
      { name: 'machine', text: machineText(record.environment) },
      { name: 'why believe it', text: methodText(record) },
      { name: 'how to read', text: READING },
      { name: 'chance', text: chanceText(record) },
    ],
  }
}

function sectionOf(result: ScenarioResult): Section {
  return {
    title: `${result.scenario}: ${result.label}`,
    subjects: subjectTable(result),
    counts: countTable(result),
    sentences: sentencesOf(result.comparisons),
  }
}

const absent = '—'

function subjectTable(result: ScenarioResult): Table {
  const costs =
    result.unit === 'GB'
      ? ['CPU s/GB', 'b-net', 'b-msghand', 'other', 'MB/s']
      : ['CPU ns/message', 'b-net', 'b-msghand', 'other', 'messages/CPU-s', 'messages/s']
  const table: Table = {
    head: ['backend', ...costs, 'driver/subject', 'CPU ratio', '95 % interval', 'verdict'],
    rows: [],
    verdicts: [],
  }
  for (const { backend, arm } of subjectsIn(result.processes)) {
    const compared = cpuComparison(result.comparisons, backend, arm)
    table.rows.push([
      subjectName(backend, arm),
      ...costCells(result, backend, arm),
      ...comparisonCells(result, compared, backend, arm),
    ])
    table.verdicts.push(compared?.verdict ?? null)
  }
  return table
}

function subjectsIn(processes: readonly ProcessSample[]): { backend: string; arm: Arm }[] {
  const byName = new Map(
    processes.map(({ backend, arm }) => [subjectName(backend, arm), { backend, arm }]),
  )
  const order: readonly Arm[] = ['A', "A'", 'B', 'floor']
  return [...byName.values()].sort((x, y) => order.indexOf(x.arm) - order.indexOf(y.arm))
}

function subjectName(backend: string, arm: Arm): string {
  return arm === "A'" ? `${backend} (A′)` : backend
}

function costCells(result: ScenarioResult, backend: string, arm: Arm): string[] {
  const cost = (metric: Metric): number | null =>
    result.estimates.find(isEstimateOf(backend, arm, metric))?.value ?? null
  const cell = (value: number | null) => (value === null ? absent : figure(value))
  const [cpu, wall, driver] = [cost('cpu'), cost('wall'), cost('driverCpu')]
  const threads = (['cpuSocketThread', 'cpuMessageHandler', 'cpuOther'] as const).map(metric =>
    cell(cost(metric)),
  )
  const share = cpu === null || driver === null ? absent : `${figure((100 * driver) / cpu)} %`
  const rate = (perSecond: number, value: number | null) =>
    cell(value === null ? null : perSecond / value)
  return result.unit === 'GB'
    ? [cell(cpu), ...threads, rate(1e3, wall), share]
    : [cell(cpu), ...threads, rate(1e9, cpu), rate(1e9, wall), share]
}

function isEstimateOf(backend: string, arm: Arm, metric: Metric) {
  return (estimate: Estimate) =>
    estimate.backend === backend && estimate.arm === arm && estimate.metric === metric
}

/** The row's own comparison: A′ against A, others against the reference. */
function cpuComparison(
  comparisons: readonly Comparison[],
  backend: string,
  arm: Arm,
): Comparison | undefined {
  if (arm === 'A' || arm === 'floor') return undefined
  const isKind = (kind: Comparison['kind']) => (arm === "A'" ? kind === 'aa' : kind !== 'aa')
  return comparisons.find(c => c.metric === 'cpu' && c.backend === backend && isKind(c.kind))
}

function comparisonCells(
  result: ScenarioResult,
  compared: Comparison | undefined,
  backend: string,
  arm: Arm,
): string[] {
  if (!result.estimates.some(isEstimateOf(backend, arm, 'cpu'))) {
    return [absent, absent, 'did not finish']
  }
  if (arm === 'A') return ['1', absent, 'reference']
  if (compared === undefined) return [absent, absent, absent]
  const { ratio, low, high } = compared
  const interval =
    low === null || high === null ? absent : `${ratioFigure(low)} – ${ratioFigure(high)}`
  return [ratioFigure(ratio), interval, verdictText(compared)]
}

/** A and A′ together, since they are the same program. Null when nothing was counted. */
function countTable({ processes, unit }: ScenarioResult): Table | null {
  const backends = [...new Set(subjectsIn(processes).map(({ backend }) => backend))]
  const totals = new Map(backends.map(backend => [backend, countsOf(processes, backend, unit)]))
  const names = new Set([...totals.values()].flatMap(({ counters }) => [...counters.keys()]))
  const rows = [...names].flatMap(name => {
    const counts = backends.map(backend => perUnit(totals.get(backend), name))
    const unusedCall = name.startsWith('syscall.') && counts.every(count => !count)
    if (unusedCall) return []
    return [[counterLabel(name), ...counts.map(c => (c === null ? absent : figure(c)))]]
  })
  if (rows.length === 0) return null
  const per = unit === 'GB' ? 'per block' : 'per 1000 messages'
  return { head: [per, ...backends], rows, verdicts: rows.map(() => null) }
}

interface Counts {
  counters: Map<string, number>
  /** Blocks, or thousands of messages. */
  units: number
}

function countsOf(processes: readonly ProcessSample[], backend: string, unit: WorkUnit): Counts {
  const counts: Counts = { counters: new Map(), units: 0 }
  for (const { outcome } of processes.filter(process => process.backend === backend)) {
    if (outcome.state === 'failed') continue
    const { blocks, messages } = outcome.countedUnits
    counts.units += unit === 'GB' ? blocks : messages / 1000
    for (const [name, count] of Object.entries(outcome.counters)) {
      counts.counters.set(name, (counts.counters.get(name) ?? 0) + count)
    }
  }
  return counts
}

function perUnit(counts: Counts | undefined, name: string): number | null {
  const total = counts?.counters.get(name)
  return counts === undefined || total === undefined || counts.units === 0
    ? null
    : total / counts.units
}

/** `syscall.recv` → `recv()`, `floodPauses` → `flood pauses`, `sendWaits45ms` → `send waits ≥ 45 ms`. */
function counterLabel(name: string): string {
  if (name.startsWith('syscall.')) return `${name.slice('syscall.'.length)}()`
  return name
    .replace(/(\d+)ms$/, ' ≥ $1 ms')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase()
}

function failureText({ backend, arm, scenario, label, round, stage, reason }: Failure): string {
  return `${subjectName(backend, arm)} did not finish ${scenario} (${label}), round ${round}, ${stage}: ${reason}`
}

const READING =
  'columns are medians over processes; ratios are against the mean of A and A′, slice group by slice ' +
  'group, a fifth trimmed at each end; a message is a block received and the request for another'

/** The intervals are each at 95 %, and not corrected for there being several. */
function chanceText({ scenarios }: SockbenchRecord): string {
  const intervals = scenarios.flatMap(s => s.comparisons.filter(c => c.low !== null))
  const expected = figure(0.05 * intervals.length)
  return `${intervals.length} intervals at 95 %: some ${expected} of them would miss the truth by chance alone`
}

function machineText({ cpuModel, cpus, kernel, node, loadBefore, loadAfter }: Environment): string {
  const load = `load ${figure(loadBefore)} before, ${figure(loadAfter)} after`
  return `${cpuModel}, ${cpus.length} CPUs, Linux ${kernel}, Node ${node}; ${load}`
}

/** Only what the record shows to have been done. */
function methodText({ scenarios, environment }: SockbenchRecord): string {
  const processes = scenarios.flatMap(scenario => scenario.processes)
  const rounds = Math.max(0, ...scenarios.map(s => new Set(s.processes.map(p => p.round)).size))
  const { pinning, socketBufferBytes } = environment
  return [
    `${rounds} ${rounds === 1 ? 'round' : 'rounds'} of fresh processes`,
    'slices interleaved in seeded random order',
    processes.some(({ arm }) => arm === "A'")
      ? 'the reference twice in each round (A/A′)'
      : 'no A/A′ pair',
    `socket buffers fixed at ${socketBufferBytes / 1024} KiB on both ends`,
    pinning === null
      ? 'nothing pinned to a CPU'
      : `driver on CPU ${pinning.driver.join(',')}, subjects on CPU ${pinning.subject.join(',')}`,
  ].join('; ')
}
