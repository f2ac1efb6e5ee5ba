import { controlsMarkdown } from './controls-markdown.ts'
import { counted, meanText, of, percentOf, percents, signed, table } from './figures.ts'
import type { CalibrationModel, FalseAlarms } from './model.ts'
import type { DoseRow, Plants } from './plants.ts'

/** The report of a calibration, as Markdown. @param command that repeats it, or goes on with it */
export function calibrationMarkdown(model: CalibrationModel, command: string): string {
  const { settings } = model
  const sections = [
    '# Calibration',
    introduction(settings),
    '## False alarms: identical programs',
    falseAlarms(model.aa, settings.aa),
    '## Planted slowdowns',
    plants(model.plants, settings.experiment),
    '## What each control buys',
    controlsMarkdown(model),
    '## How this was measured',
    provenance(model, command),
  ]
  return `${sections.join('\n\n')}\n`
}

type Settings = CalibrationModel['settings']

function introduction({ backend, sliceBlocks }: Settings): string {
  return (
    `How often a verdict on CPU is wrong, and how small a slowdown is found: \`ibd\` with large blocks ` +
    `on the backend \`${backend}\`, slices of ${sliceBlocks} blocks.`
  )
}

function falseAlarms(alarms: FalseAlarms, shape: Settings['aa']): string {
  const { runs, suspicions, voided, slower, faster, reds, redBound, invalid } = alarms
  if (runs === 0) return 'No A/A run yet.'
  const shares = [
    ['suspected at the first look', suspicions],
    ['suspected, and void: A/A′ excludes 0', voided],
    ['verdict `slower` at the first look', slower],
    ['**red: confirmed on fresh rounds**', reds],
    ['verdict `faster` at the first look', faster],
    ['A/A′ excludes 0: every verdict `invalid`', invalid],
  ] as const
  return [
    `${counted(runs, 'A/A run')} of ${shape.rounds} rounds and ${shape.slices} slices: three times the ` +
      'same program, as A, A′ and an arm that is judged. An arm is suspected when its whole 95 % ' +
      'interval says that it needs more than the reference, and red when the verdict on fresh rounds ' +
      'is `slower`.',
    table(
      ['', 'runs', 'share (95 %, exact)'],
      shares.map(([name, share]) => [name, of(share), percents(share)]),
    ),
    `False reds: at most ${percentOf(redBound ?? 1)} of runs (95 %, one-sided).`,
  ].join('\n\n')
}

function plants(model: Plants, { rounds, slices }: Settings['experiment']): string {
  const { experiments, invalid, doses, response, bias, onePercent } = model
  if (experiments === 0) return 'No experiment yet.'
  return [
    'A loop that does nothing is planted after each recv, in arms whose names say nothing: of each ' +
      `experiment one arm has none, one has 1 % of the CPU, one has 0.5, 2 or 4 %. ${rounds} rounds of ` +
      `${slices} slices. What was planted is joined after the arms were judged; its true size comes ` +
      'from spins that were timed where they happened, and from the recvs counted. ' +
      'An arm is found when the verdict of the first look is `slower`.',
    table(
      ['planted', 'arms', 'true size, mean', 'estimate, mean', 'suspected', '**found**', 'red'],
      doses.filter(row => row.plants > 0).map(doseCells),
    ),
    `In ${invalid} of ${counted(experiments, 'experiment')} A/A′ excluded 0, which makes every verdict ` +
      '`invalid`: nothing is found there, whatever was planted.',
    ...(response === null || bias === null
      ? ['Dose response: two experiments are needed.']
      : [
          `Dose response: slope ${meanText(response.slope)}, intercept ` +
            `${meanText(response.intercept)} % (95 %, one line for each experiment). Bias: arms with ` +
            `nothing planted were estimated to need ${meanText(bias)} % more (mean, 95 %).`,
        ]),
    `Of plants of 1 %, ${of(onePercent.found)} were found at the first look ` +
      `(${percents(onePercent.found)}), ${of(onePercent.suspected)} were suspected ` +
      `(${percents(onePercent.suspected)}), ` +
      (onePercent.red === null
        ? 'and those were not measured again.'
        : `${of(onePercent.red)} were red (${percents(onePercent.red)}).`),
  ].join('\n\n')
}

function doseCells(row: DoseRow): string[] {
  return [
    `${row.dosePercent} %`,
    String(row.plants),
    signedPercent(row.truePercent),
    signedPercent(row.estimatePercent),
    String(row.suspected),
    String(row.found),
    row.red === null ? 'not measured again' : String(row.red),
  ]
}

function provenance(model: CalibrationModel, command: string): string {
  const { machine, settings, measured, versions, discarded } = model
  const when =
    measured === null
      ? 'nothing was measured yet'
      : [...new Set([measured.from.slice(0, 10), measured.to.slice(0, 10)])].join(' to ')
  const { cpuModel, cpus, memoryBytes, kernel } = machine
  return [
    `- Machine: ${cpuModel}, ${counted(cpus.length, 'CPU')}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB, ` +
      `Linux ${kernel}`,
    `- When: ${when}`,
    ...versions.map(
      ({ tool, node, runs }) => `- ${counted(runs, 'run')} with sockbench ${tool} on Node ${node}`,
    ),
    `- Discarded, because a subject did not finish, and measured again: ${counted(discarded, 'run')}`,
    `- Seed ${settings.seed}; to repeat it (with another \`--out\`), or to go on with it (with larger ` +
      `numbers): \`${command}\``,
    '- The records of all runs, those discarded too, lie beside the figures, compressed: `sockbench ' +
      'report FILE` reads them.',
  ].join('\n')
}

function signedPercent(value: number | null): string {
  return value === null ? '–' : `${signed(value)} %`
}
