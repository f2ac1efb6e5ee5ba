import { programName, programsOf } from '../../program.ts'
import type { ScenarioResult } from '../../record.ts'
import { latencyCurves } from '../figures/latency-curve.ts'
import { type LatencyDistribution, latencyDistributions } from '../figures/latency-distribution.ts'
import { roundDifferences } from '../figures/round-differences.ts'
import { sliceCostsOf } from '../figures/slice-costs.ts'
import { threadCosts } from '../figures/thread-costs.ts'
import { userAndKernel } from '../figures/user-and-kernel.ts'
import type { Section } from '../model.ts'
import { modePrefix } from '../push-matrix.ts'
import { subjectsIn } from '../subject-rows.ts'
import type { Chart } from './chart.ts'
import { dispatchLines } from './charts/dispatch-lines.ts'
import { forestPlots } from './charts/forest-plot.ts'
import { percentileLines } from './charts/percentile-lines.ts'
import { namedRounds, roundDots } from './charts/round-dots.ts'
import { sliceDots } from './charts/slice-dots.ts'
import { threadBars, userAndKernelBars } from './charts/thread-bars.ts'
import { type WaitPanel, waitPicture } from './charts/wait-picture.ts'
import type { SeriesNames } from './series.ts'

/** The pictures of a section, and what could not be drawn and why. */
export interface SectionCharts {
  /** Of pushes it is what they are there to show; and wherever something waited. */
  waits: Chart[]
  forest: Chart[]
  percentiles: Chart[]
  /** Where the time goes. */
  threads: Chart[]
  /** By round and by slice: behind the tables. */
  dots: Chart[]
  missing: string[]
}

/** Each program once, in the order of their first appearance, references first. */
export function seriesNamesOf(sections: readonly Section[]): SeriesNames {
  const programs = sections
    .flatMap(({ results }) => results ?? [])
    .flatMap(({ processes }) => programsOf(subjectsIn(processes)))
  const dispatched = sections.flatMap(({ dispatch }) => dispatch?.estimates ?? [])
  return [...new Set([...programs.map(programName), ...dispatched.map(one => one.backend)])]
}

export function sectionCharts(
  { forest, results, dispatch }: Section,
  names: SeriesNames,
  mostDots: number,
): SectionCharts {
  const measured = (results ?? []).map(result => ({
    result,
    prefix: modePrefix(results ?? [], result),
  }))
  const prefixed = <T extends { name: string }>(rows: T[], prefix: string) =>
    rows.map(row => ({ ...row, name: `${prefix}${row.name}` }))
  const compared = measured.flatMap(({ result, prefix }) =>
    namedRounds(roundDifferences(result), prefix),
  )
  const slices = measured.flatMap(({ result, prefix }) =>
    prefixed(sliceCostsOf(result, mostDots), prefix),
  )
  const modes = measured.flatMap(({ result, prefix }) => prefixed(userAndKernel(result), prefix))
  const panels = waitPanels(measured.map(({ result }) => result).filter(isAboutWaits))
  return {
    waits: waitPicture(panels, names),
    forest: forestPlots(forest),
    percentiles: measured.flatMap(({ result, prefix }) =>
      percentileLines(latencyCurves(result), names, whereOf(prefix)),
    ),
    threads: [
      ...(dispatch === undefined ? [] : dispatchLines(dispatch.estimates, names)),
      ...threadBars(
        measured.flatMap(({ result, prefix }) => prefixed(threadCosts(result), prefix)),
      ),
      ...userAndKernelBars(modes),
    ],
    dots: [...roundDots(compared, names), ...sliceDots(slices, names)],
    missing: measured.length === 0 ? [] : missingIn(forest, measured, modes.length > 0),
  }
}

/** `queued: ` → `: queued` */
function whereOf(prefix: string): string {
  return prefix === '' ? '' : `: ${prefix.slice(0, -2)}`
}

/** Subjects of the same send mode together: of revisions, each backend has a workload of its own. */
function waitPanels(results: readonly ScenarioResult[]): WaitPanel[] {
  const modes = new Map<string, LatencyDistribution[]>()
  for (const result of results) {
    const mode = String(result.parameters.mode ?? result.label)
    modes.set(mode, [...(modes.get(mode) ?? []), ...latencyDistributions(result)])
  }
  return [...modes].map(([name, distributions]) => ({ name, distributions }))
}

/** Pushes are there to show waits; elsewhere they are shown where the detector found some. */
function isAboutWaits({ scenario, waits }: ScenarioResult): boolean {
  return scenario === 'push' || waits.some(({ verdict }) => verdict.state === 'waits')
}

function missingIn(
  forest: Section['forest'],
  measured: readonly { result: ScenarioResult; prefix: string }[],
  hasModes: boolean,
): string[] {
  const results = measured.map(({ result }) => result)
  const completed = results.flatMap(({ processes }) =>
    processes.filter(({ outcome }) => outcome.state === 'completed'),
  )
  if (completed.length === 0) return ['nothing is drawn: no subject finished']
  const { length: withoutInterval } = forest.filter(({ interval }) => interval === null)
  return [
    ...(forest.length === 0 ? ['no forest plot: there are no two subjects to compare'] : []),
    ...(forest.length > 0 && withoutInterval === forest.length
      ? ['no intervals: there were too few rounds for one']
      : []),
    ...(results.some(({ processes }) => processes.some(({ arm }) => arm === "A'"))
      ? []
      : ['no A/A′ pair: nothing here says what this machine calls no difference']),
    ...measured.flatMap(({ result, prefix }) =>
      result.latencyInvalid === null ? [] : [`${prefix}no latencies: ${result.latencyInvalid}`],
    ),
    ...results.flatMap(({ driverBound }) =>
      driverBound.length === 0
        ? []
        : [
            `driver-bound: ${driverBound.map(programName).join(', ')}: the driver was the bottleneck, latencies are mostly its own`,
          ],
    ),
    ...(hasModes ? [] : ['user and kernel time: not in this record, or too little CPU to tell']),
  ]
}
