import type { MeanInterval } from '../statistics/student-t.ts'
import type { Interval } from '../statistics/verdict.ts'
import type { CalibrationModel, ControlRow, DoseRow, FalseAlarms, Share } from './model.ts'

/** The report of a calibration, as Markdown. @param command that repeats it, or goes on with it */
export function calibrationMarkdown(model: CalibrationModel, command: string): string {
  const sections = [
    '# Calibration',
    introduction(model),
    '## False alarms: identical programs',
    falseAlarms(model.aa, model.settings.aa),
    '## Planted slowdowns',
    plants(model),
    '## What each control buys',
    controls(model.controls),
    '## How this was measured',
    provenance(model, command),
  ]
  return `${sections.join('\n\n')}\n`
}

function introduction({ settings }: CalibrationModel): string {
  return (
    `How often a verdict on CPU is wrong, and how small a slowdown is found: \`ibd\` with large blocks ` +
    `on the backend \`${settings.backend}\`, slices of ${settings.sliceBlocks} blocks.`
  )
}

function falseAlarms(
  { runs, suspicions, reds, redBound, faster, invalid }: FalseAlarms,
  shape: CalibrationModel['settings']['aa'],
): string {
  if (runs === 0) return 'No A/A run yet.'
  return [
    `${counted(runs, 'A/A run')} of ${shape.rounds} rounds and ${shape.slices} slices: three times the ` +
      'same program, as A, A′ and an arm that is judged. An arm is suspected when its whole 95 % ' +
      'interval says that it needs more than the reference, and red when fresh rounds say so again.',
    table(
      ['', 'runs', 'share (95 %, exact)'],
      [
        ['suspected at the first look', of(suspicions), percents(suspicions)],
        ['**red: confirmed on fresh rounds**', of(reds), percents(reds)],
        ['verdict `faster`', `${faster} of ${runs}`, ''],
        ['A/A′ excludes 0: invalid', `${invalid} of ${runs}`, ''],
      ],
    ),
    `False reds: at most ${percentOf(redBound ?? 1)} of runs (95 %, one-sided).`,
  ].join('\n\n')
}

function plants({ settings, doses, response, onePercent }: CalibrationModel): string {
  const planted = doses.reduce((sum, row) => sum + row.plants, 0)
  if (planted === 0) return 'No experiment yet.'
  const { rounds, slices } = settings.experiment
  const unconfirmed = doses.reduce((sum, row) => sum + row.unconfirmed, 0)
  return [
    'A loop that does nothing is planted after each recv, in arms whose names say nothing: of each ' +
      `experiment one arm has none, one has 1 % of the CPU, one has 0.5, 2 or 4 %. ${rounds} rounds of ` +
      `${slices} slices. What was planted is joined after the arms were judged; its true size comes ` +
      'from the time of a turn, measured before and after on the same CPU, and from the recvs counted.',
    table(
      ['planted', 'arms', 'true size, mean', 'estimate, mean', 'found at the first look', 'red'],
      doses.filter(({ plants }) => plants > 0).map(doseCells),
    ),
    ...(unconfirmed === 0
      ? []
      : [`${counted(unconfirmed, 'arm')} that were found were not measured again.`]),
    ...(response === null
      ? ['Dose response: two experiments are needed.']
      : [
          `Dose response: slope ${meanText(response.slope)}, intercept ` +
            `${meanText(response.intercept)} % (95 %, one line for each experiment).`,
        ]),
    `Of plants of 1 %, ${of(onePercent.found)} were found at the first look ` +
      `(${percents(onePercent.found)}), ${of(onePercent.red)} were red (${percents(onePercent.red)}).`,
  ].join('\n\n')
}

function doseCells(row: DoseRow): string[] {
  return [
    `${row.dosePercent} %`,
    String(row.plants),
    signedPercent(row.truePercent),
    signedPercent(row.estimatePercent),
    String(row.found),
    String(row.red),
  ]
}

function controls(rows: readonly ControlRow[]): string {
  if (rows.length === 0) return 'No control was switched off yet.'
  return [
    'CPU of A′ against A, one difference for each round of fresh processes, with one control off at a ' +
      'time. Rounds of the rows took turns. `not trimmed` are the rounds of `everything on`, analysed ' +
      'without dropping the slices with the lowest and the highest third of the differences.',
    table(
      [
        'controls',
        'rounds',
        's of a round (95 %)',
        'largest',
        'half-width at 32 rounds',
        'A′ against A (95 %)',
      ],
      rows.map(({ name, rounds, deviation, largestPercent, halfWidthAt32Percent, twins }) => [
        name,
        String(rounds),
        deviation === null
          ? '–'
          : `${fixed(deviation.deviation)} % (${fixed(deviation.low)} to ${fixed(deviation.high)})`,
        largestPercent === null ? '–' : `${fixed(largestPercent)} %`,
        halfWidthAt32Percent === null ? '–' : `± ${fixed(halfWidthAt32Percent)} %`,
        twins === null ? '–' : intervalText(twins),
      ]),
    ),
  ].join('\n\n')
}

function provenance({ machine, settings, measured, versions }: CalibrationModel, command: string) {
  const when =
    measured === null
      ? 'nothing was measured yet'
      : `${measured.from.slice(0, 10)} to ${measured.to.slice(0, 10)}`
  const { cpuModel, cpus, memoryBytes, kernel } = machine
  return [
    `- Machine: ${cpuModel}, ${counted(cpus.length, 'CPU')}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB, ` +
      `Linux ${kernel}`,
    `- When: ${when}`,
    ...versions.map(
      ({ tool, node, runs }) => `- ${counted(runs, 'run')} with sockbench ${tool} on Node ${node}`,
    ),
    `- Seed ${settings.seed}; to repeat it, or to go on with it: \`${command}\``,
    '- The records of all runs lie beside the figures, compressed.',
  ].join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function of({ successes, trials }: Share): string {
  return `${successes} of ${trials}`
}

function percents({ successes, trials, interval }: Share): string {
  if (interval === null) return '–'
  const { low, high } = interval
  return `${percentOf(successes / trials)}; ${percentOf(low)} to ${percentOf(high)}`
}

function percentOf(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function meanText({ mean, low, high }: MeanInterval): string {
  return `${signed(mean)} (${signed(low)} to ${signed(high)})`
}

function intervalText({ low, high }: Interval): string {
  return `${signed(low)} to ${signed(high)} %`
}

function signedPercent(value: number | null): string {
  return value === null ? '–' : `${signed(value)} %`
}

function signed(value: number): string {
  const text = fixed(Math.abs(value))
  if (Number(text) === 0) return text
  return value < 0 ? `−${text}` : `+${text}`
}

function fixed(value: number): string {
  return value.toFixed(2)
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
