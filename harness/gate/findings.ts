import { violationText } from '../counters/compare-counters.ts'
import { UPDATE_COMMAND } from '../counters/counter-baseline.ts'
import { printable } from '../printable.ts'
import { metricNames } from '../report/compared-metrics.ts'
import { change, figure } from '../report/quantities.ts'
import { revisionText } from '../report/revision-text.ts'
import type {
  Colour,
  ComparisonRow,
  CounterViolation,
  CountingFailure,
  GateResult,
  Stage,
  WaitRow,
} from './gate-result.ts'

/** One thing that a gate says, in words that every output shows in its own way. */
export interface Finding {
  readonly kind: 'comparison' | 'wait' | 'counter'
  /** `ibd (large, 1 peer), direct` */
  readonly subject: string
  /** `CPU` */
  readonly what: string
  readonly colour: Colour
  /** `+4.1 % [+3.2, +5.0]`; empty where there is no figure. */
  readonly change: string
  /** `2 %` */
  readonly margin: string
  readonly rounds: string
  /** `regressed` */
  readonly state: string
  /** All of it in one line without control characters. */
  readonly sentence: string
  /** A command line that measures it again; empty for what has none. */
  readonly repeat: string
}

export function findingsOf(result: GateResult): Finding[] {
  const { comparisons, waits, counters } = result
  return [
    ...comparisons.map(row => comparisonFinding(row, result)),
    ...waits.map(row => waitFinding(row, result)),
    ...(counters === null ? [] : counterFindings(counters)),
  ]
}

function comparisonFinding(row: ComparisonRow, result: GateResult): Finding {
  const { metric, marginPercent, screening, confirmation, colour, state, reason, repeat } = row
  const stage = confirmation ?? screening
  const compared = stage.state === 'compared' ? stage : undefined
  const what = metricNames[metric]
  const subject = subjectOf(row, result)
  const size = compared === undefined ? '' : change(compared.ratio, compared.low, compared.high)
  const measured = compared === undefined ? '' : ` ${size}${basisOf(compared, confirmation)}`
  return {
    kind: 'comparison',
    subject,
    what,
    colour,
    change: size,
    margin: `${marginPercent} %`,
    rounds: compared === undefined ? '' : String(compared.rounds),
    state: state.replaceAll('-', ' '),
    sentence: printable(`${subject}: ${what}${measured}: ${reason}; ${revisionsText(result)}`),
    repeat,
  }
}

/** ` at 97.5 % in 8 fresh rounds` */
function basisOf(
  { alpha, rounds }: Stage & { state: 'compared' },
  confirmation: Stage | null,
): string {
  const level = figure(100 * (1 - alpha))
  return ` at ${level} % in ${rounds} ${confirmation === null ? '' : 'fresh '}rounds`
}

function waitFinding(row: WaitRow, result: GateResult): Finding {
  const { colour, state, reason, repeat } = row
  const subject = subjectOf(row, result)
  const what = '50 ms waits'
  return {
    kind: 'wait',
    subject,
    what,
    colour,
    change: '',
    margin: '',
    rounds: '',
    state: state.replaceAll('-', ' '),
    sentence: printable(`${subject}: ${what}: ${reason}; ${revisionsText(result)}`),
    repeat,
  }
}

function counterFindings(counters: NonNullable<GateResult['counters']>): Finding[] {
  const { baseline, compared, violations, failures, notes } = counters
  const subject = printable(baseline)
  const wrong = [...violations.map(violationFinding), ...failures.map(countingFailureFinding)]
  const rest = notes.map(note => ({
    ...counterFinding(subject, 'counters', 'neutral', 'not compared'),
    sentence: printable(note),
  }))
  if (wrong.length > 0 || compared === 0) return [...wrong, ...rest]
  const state = `${compared} counts are as they were`
  const sentence = `${subject}: ${state}`
  return [{ ...counterFinding(subject, 'counters', 'green', state), sentence }, ...rest]
}

function violationFinding(violation: CounterViolation): Finding {
  const { workload, backend, counter, unit, was, is } = violation
  const subject = printable(`${workload}, ${backend}`)
  return {
    ...counterFinding(subject, printable(counter), 'red', 'changed'),
    change: `${countText(was)} → ${countText(is)} per ${unit}`,
    sentence: printable(
      `${violationText(violation)}; if that is meant, make it the baseline with ${UPDATE_COMMAND}`,
    ),
  }
}

function countingFailureFinding({ workload, backend, reason }: CountingFailure): Finding {
  const subject = printable(`${workload}, ${backend}`)
  return {
    ...counterFinding(subject, 'counters', 'red', 'did not finish'),
    sentence: printable(`${subject}: the head did not finish while it was counted: ${reason}`),
  }
}

function counterFinding(
  subject: string,
  what: string,
  colour: Colour,
  state: string,
): Omit<Finding, 'sentence'> {
  const blank = { change: '', margin: '', rounds: '', repeat: '' }
  return { ...blank, kind: 'counter', subject, what, colour, state }
}

function countText(count: number): string {
  return count === 0 ? '0' : count.toFixed(3)
}

/** With the machine where there are several. */
function subjectOf(
  {
    scenario,
    label,
    backend,
    source,
  }: Pick<ComparisonRow, 'scenario' | 'label' | 'backend' | 'source'>,
  { sources }: GateResult,
): string {
  const machine = sources.length > 1 ? ` [machine ${source + 1}]` : ''
  return printable(`${scenario} (${label}), ${backend}${machine}`)
}

/** `base 01234567, head 89abcdef with changes` */
export function revisionsText({ base, head }: Pick<GateResult, 'base' | 'head'>): string {
  return `base ${revisionText(base)}, head ${revisionText(head)}`
}

/** Each in one line without control characters. */
export function warningsOf({ warnings }: Pick<GateResult, 'warnings'>): string[] {
  return warnings.map(printable)
}

/** `1 red, 10 green, 1 neutral` */
export function tally(findings: readonly Finding[]): string {
  const colours: readonly Colour[] = ['red', 'green', 'neutral']
  return colours
    .map(colour => `${findings.filter(one => one.colour === colour).length} ${colour}`)
    .join(', ')
}

/** `failed: a regression`, by exit code. */
export function outcomeText({ exitCode }: Pick<GateResult, 'exitCode'>): string {
  switch (exitCode) {
    case 0:
      return 'passed'
    case 3:
      return 'failed: a regression'
    case 4:
      return 'failed: something is undecided, and --strict was asked for'
    default:
      return 'failed: not everything could be measured and compared'
  }
}
