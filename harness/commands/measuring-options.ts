import { Option } from '@commander-js/extra-typings'
import { planDefaults } from '../plan.ts'
import { boundaries } from '../record.ts'
import { duration, oneOf, positiveNumber, repeatable, wholeNumber } from './arguments.ts'

/** What `run` and `compare` have in common: one definition for both. */
export const measuringOptions = {
  boundary: new Option(
    '--boundary <name>',
    `with --rounds max, how much evidence ends a run early: ${boundaries.join(', ')}`,
  )
    .argParser(oneOf(boundaries))
    .default(planDefaults.boundary),
  budget: new Option(
    '--budget <time>',
    'after one round of each workload, start none that would end later than this; as in 90s or 3m',
  ).argParser(duration),
  margin: new Option('--margin <percent>', 'equivalence margin')
    .argParser(positiveNumber)
    .default(planDefaults.marginPercent),
  seed: new Option(
    '--seed <n>',
    'of every random order; drawn, and stored, if not given',
  ).argParser(wholeNumber(0, 0xffffffff)),
  set: new Option(
    '--set <key=value>',
    'a setting of the scenarios that have it; several values make a matrix',
  )
    .argParser(repeatable)
    .default([] as string[]),
}
