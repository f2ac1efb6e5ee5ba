import { type Program, programName, programsOf, runs } from '../program.ts'
import type { ProcessSample, ScenarioResult, WorkUnit } from '../record.ts'
import { subjectsIn } from './subject-rows.ts'
import { cell, figureTable, type Table } from './table.ts'

/** What the subjects counted, A and A′ together, since they are the same program. */
export function countTable({ processes, unit }: ScenarioResult): Table | null {
  const programs = programsOf(subjectsIn(processes))
  const counts = programs.map(program => countsOf(processes, program, unit))
  const names = new Set(counts.flatMap(({ counters }) => [...counters.keys()]))
  const rows = [...names].flatMap(name => {
    const figures = counts.map(one => perUnit(one, name))
    const unusedCall = name.startsWith('syscall.') && figures.every(count => !count)
    return unusedCall ? [] : [[countLabel(name), ...figures.map(cell)]]
  })
  if (rows.length === 0) return null
  const per = unit === 'GB' ? 'per block' : `per 1000 ${unit}s`
  return figureTable([per, ...programs.map(programName)], rows)
}

export interface Counts {
  counters: Map<string, number>
  /** Blocks, or thousands of messages or requests. */
  units: number
}

export function countsOf(
  processes: readonly ProcessSample[],
  program: Program,
  unit: WorkUnit,
): Counts {
  const counts: Counts = { counters: new Map(), units: 0 }
  for (const { outcome } of processes.filter(process => runs(process, program))) {
    if (outcome.state === 'failed') continue
    const { messages } = outcome.countedUnits
    counts.units += unit === 'GB' ? messages : messages / 1000
    for (const [name, count] of Object.entries(outcome.counters)) {
      counts.counters.set(name, (counts.counters.get(name) ?? 0) + count)
    }
  }
  return counts
}

export function countCells(counts: Counts, names: readonly string[]): string[] {
  return names.map(name => cell(perUnit(counts, name)))
}

/** Null for what was not counted: a backend on Node's event loop counts no polls, and not much else. */
function perUnit({ counters, units }: Counts, name: string): number | null {
  const total = counters.get(name)
  if (total === undefined || units === 0) return null
  const countsLittle = counters.get('syscall.poll') === 0
  return total === 0 && countsLittle ? null : total / units
}

/** `syscall.recv` → `recv()`, `floodPauses` → `flood pauses`, `sendWaits45ms` → `send waits ≥ 45 ms`,
 * `queueFull503` → `queue full 503`. */
export function countLabel(name: string): string {
  if (name.startsWith('syscall.')) return `${name.slice('syscall.'.length)}()`
  return name
    .replace(/(\d+)ms$/, ' ≥ $1 ms')
    .replaceAll(/(?<=[a-z])(?=[A-Z\d])/g, ' ')
    .toLowerCase()
}
