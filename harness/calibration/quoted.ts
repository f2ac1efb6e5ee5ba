import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RunError } from '../errors.ts'
import { CalibrationStore } from './calibration-store.ts'
import { counted, meanText, of, percentOf } from './figures.ts'
import { falseAlarms, measuredBetween } from './model.ts'
import { type Plants, plantsOf } from './plants.ts'
import { type Calibration, type Machine, machineOf } from './stored.ts'

/** Its name is printed: a page is sent to others, whom a path on this machine tells nothing. */
export interface Place {
  name: string
  directory: string
}

/**
 * What a stored calibration says of how often verdicts are wrong, for a report of other runs: that of
 * the same machine, else any, and then it says so.
 * @param machines that the report is about
 * @param places where there may be one, the most fitting first
 */
export function quotedCalibration(
  machines: readonly Machine[],
  places: readonly Place[],
): string[] {
  const found: { name: string; calibration: Calibration }[] = []
  const unreadable: string[] = []
  for (const { name, directory } of places.filter(holdsOne)) {
    try {
      found.push({ name, calibration: new CalibrationStore(directory).load() })
    } catch (error) {
      if (!(error instanceof RunError)) throw error
      unreadable.push(`The calibration in ${name} cannot be read: ${error.message}.`)
    }
  }
  const differences = ({ calibration }: { calibration: Calibration }) =>
    machines.flatMap(machine => differencesOf(calibration.machine, machine))
  const quoted = found.find(one => differences(one).length === 0) ?? found[0]
  if (quoted === undefined) return [...unreadable, NONE]
  const { calibration, name } = quoted
  return [
    originText(calibration, name, [...new Set(differences(quoted))]),
    ...resultsOf(calibration),
  ]
}

const NONE =
  'No calibration is stored here, so how often verdicts are wrong on this machine is not known: ' +
  'sockbench calibrate finds out.'

function holdsOne({ directory }: Place): boolean {
  return existsSync(join(directory, 'calibration.json'))
}

/** `kernel 6.1 there, 6.18 here` */
function differencesOf(there: Machine, here: Machine): string[] {
  const [one, other] = [machineOf(there), machineOf(here)]
  const kernel =
    one.kernel === other.kernel ? [] : [`kernel ${one.kernel} there, ${other.kernel} here`]
  const model =
    one.cpuModel === other.cpuModel ? [] : [`CPU ${one.cpuModel} there, ${other.cpuModel} here`]
  const cpus =
    one.cpus.length === other.cpus.length
      ? []
      : [`${counted(one.cpus.length, 'CPU')} there, ${other.cpus.length} here`]
  const memory =
    one.memoryBytes === other.memoryBytes
      ? []
      : [`${gibibytes(one.memoryBytes)} there, ${gibibytes(other.memoryBytes)} here`]
  return [...model, ...cpus, ...memory, ...kernel]
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`
}

function originText(
  calibration: Calibration,
  name: string,
  differences: readonly string[],
): string {
  const { machine, aa, experiment, controls } = calibration
  const measured = measuredBetween([...aa, ...experiment, ...controls])
  const when = measured === null ? '' : `, begun ${measured.from.slice(0, 10)}`
  const { cpuModel, cpus, kernel } = machine
  const where = `${cpuModel}, ${counted(cpus.length, 'CPU')}, Linux ${kernel}`
  const subject = `ibd with large blocks on ${calibration.settings.backend}`
  return differences.length === 0
    ? `From the calibration of a machine like this one (${where}${when}; ${name}), ${subject}:`
    : `The calibration that is quoted here is of another machine (${where}${when}; ${name}): ` +
        `${differences.join('; ')}. It says how the method did there, with ${subject}; ` +
        'sockbench calibrate finds out how it does here.'
}

function resultsOf({ aa, experiment, settings }: Calibration): string[] {
  return [...alarmsText(aa, settings.aa), ...plantsText(plantsOf(experiment), settings.experiment)]
}

function alarmsText(
  runs: Calibration['aa'],
  { rounds, slices }: Calibration['settings']['aa'],
): string[] {
  const { reds, redBound, slower, faster } = falseAlarms(runs)
  if (redBound === null) return []
  return [
    `Of ${counted(runs.length, 'A/A run')} of ${rounds} rounds and ${slices} slices, in which there was nothing to find, ` +
      `${of(reds)} were red (slower, and again on fresh rounds): at most ${percentOf(redBound)} (95 %, one-sided). ` +
      `At one look ${of(slower)} were slower and ${of(faster)} faster.`,
  ]
}

function plantsText(
  { experiments, doses, response }: Plants,
  { rounds, slices }: Calibration['settings']['experiment'],
): string[] {
  if (experiments === 0) return []
  const found = doses
    .filter(({ plants }) => plants > 0)
    .map(({ dosePercent, truePercent, found: times, plants }) => {
      const timed = truePercent === null ? '' : ` (${truePercent.toFixed(2)} % as timed)`
      const what =
        dosePercent === 0 ? 'with nothing planted' : `with ${dosePercent} % planted${timed}`
      return `${times} of ${plants} ${what}`
    })
  return [
    `In one look of ${rounds} rounds and ${slices} slices, arms were called slower: ${found.join(', ')}.`,
    ...(response === null
      ? []
      : [
          `Estimates against true sizes: slope ${meanText(response.slope)}, intercept ${meanText(response.intercept)} % (95 %).`,
        ]),
  ]
}
