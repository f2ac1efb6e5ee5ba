/**
 * How often the statistics are wrong, under noise that they assume and noise that they do not. The
 * same seed prints the same tables.
 *
 *     node dist/scripts/simulate-statistics.js [--runs N] [--seed N]
 */
import { Command } from '@commander-js/extra-typings'
import { wholeNumber } from '../harness/commands/arguments.ts'
import { noises } from '../harness/statistics/noise.ts'
import { type Look, plannedLooks } from '../harness/statistics/sequential.ts'
import {
  type ErrorRates,
  type Rate,
  simulate,
  simulateFlags,
} from '../harness/statistics/simulation.ts'

const { runs, seed } = new Command('simulate-statistics')
  .description('coverage and false verdicts of the intervals, by simulation')
  .option('--runs <n>', 'made-up runs for each line', wholeNumber(1, 1_000_000), 2_000)
  .option('--seed <n>', 'of the noise', wholeNumber(0, 0xffffffff), 1)
  .parse()
  .opts()

/** In margins: the intervals are narrow enough for every claim that they are within the margin. */
const CALM = 0.25
/** Too noisy for `equivalent` to end many runs before they err. */
const NOISY = 2

const looks = [8, 16, 24, 32]
const last = looks[looks.length - 1]

interface Design {
  name: string
  looks: readonly Look[]
  lengthOf: (random: () => number) => number
}

const obrienFleming = plannedLooks(looks, 'obrien-fleming')
const all = () => last

const designs: Design[] = [
  { name: "O'Brien-Fleming", looks: obrienFleming, lengthOf: all },
  { name: 'the same, cut short', looks: obrienFleming, lengthOf: anyLength },
  { name: 'Pocock', looks: plannedLooks(looks, 'pocock'), lengthOf: all },
  {
    name: 'peeking (do not)',
    looks: looks.map(rounds => ({ rounds, alpha: 0.05 })),
    lengthOf: all,
  },
]

const rateNames = ['covered', 'different', 'within', 'tail']

print([
  `${runs} runs a line, seed ${seed}. Shares in %, with their Monte Carlo standard errors.`,
  'covered     the interval (with looks: that of every look) holds the true difference',
  'different   slower or faster, where there is no difference',
  'within      a verdict within the margin, where the difference is exactly the margin',
  'tail        left open where there is no difference, as the cross-check disagreed',
])
print([
  `One look, deviation ${CALM} margins`,
  ...table(
    ['noise', 'rounds', ...rateNames],
    Object.entries(noises).flatMap(([name, noise]) =>
      [8, 12, 16, 24, 32].map(rounds => {
        const alone = plannedLooks([rounds], 'pocock')
        const plan = { noise, looks: alone, lengthOf: () => rounds, runs, seed }
        return [name, String(rounds), ...rateCells(simulate({ ...plan, deviation: CALM }))]
      }),
    ),
  ),
])
for (const deviation of [CALM, NOISY]) {
  print([
    `Looks at ${looks.join(', ')}, deviation ${deviation} margins`,
    ...table(
      ['noise', 'looks', ...rateNames, 'mean rounds'],
      Object.entries(noises).flatMap(([name, noise]) =>
        designs.map(({ name: design, ...plan }) => {
          const rates = simulate({ ...plan, noise, deviation, runs, seed })
          return [name, design, ...rateCells(rates), rates.rounds.toFixed(1)]
        }),
      ),
    ),
  ])
}

// A test of autocorrelation takes about as long as ten conclusions.
const fewer = Math.ceil(runs / 10)
print([
  `Flags at 1 %, ${fewer} runs a line`,
  ...table(
    ['noise', 'rounds', 'trend', 'autocorrelation'],
    Object.entries(noises).flatMap(([name, noise]) =>
      [8, 16, 32].map(rounds => {
        const flags = simulateFlags({ noise, rounds, alpha: 0.01, runs: fewer, seed })
        return [name, String(rounds), percent(flags.trend), percent(flags.autocorrelation)]
      }),
    ),
  ),
])

/** From 9, the fewest that O'Brien and Fleming's levels can conclude from, to all. */
function anyLength(random: () => number): number {
  return 9 + Math.floor(random() * (last - 8))
}

function rateCells({ coverage, falseDifference, falseWithin, tail }: ErrorRates): string[] {
  return [coverage, falseDifference, falseWithin, tail].map(percent)
}

function percent({ share, error }: Rate): string {
  return `${(100 * share).toFixed(2)} ±${(100 * error).toFixed(2)}`
}

function table(head: string[], rows: string[][]): string[] {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map(row => row[column].length)),
  )
  return [head, ...rows].map(row =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]),
      )
      .join('  '),
  )
}

function print(lines: string[]): void {
  console.log(`${lines.join('\n')}\n`)
}
