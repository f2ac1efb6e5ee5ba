import { type Scenario, type Setting, SettingError } from './scenario.ts'

/** A value for each setting of a scenario. */
export type Settings = ReadonlyMap<string, string>

/**
 * Every combination of the values given for a scenario's settings: `peers=1,8` is two of them. A
 * setting that is not given has its fallback, which may itself be several values.
 * @throws SettingError for a setting that the scenario does not have
 */
export function settingsMatrix(
  { name: scenario, settings }: Pick<Scenario, 'name' | 'settings'>,
  given: Settings,
): Settings[] {
  const unknown = [...given.keys()].find(key => !settings.some(({ name }) => name === key))
  if (unknown !== undefined) {
    throw new SettingError(
      `${scenario} has no setting "${unknown}"; known: ${settingNames(settings)}`,
    )
  }
  const matrix = settings.map(({ name, fallback }) =>
    (given.get(name) ?? fallback).split(',').map(value => [name, value] as const),
  )
  return combinations(matrix).map(entries => new Map(entries))
}

/** @throws SettingError for anything but decimal digits within the bounds, which are included */
export function wholeNumber(settings: Settings, name: string, from: number, to: number): number {
  const text = textOf(settings, name)
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= from && value <= to) return value
  throw new SettingError(`${name}=${text} is no whole number from ${from} to ${to}`)
}

/** @throws SettingError for a value that is not among the known ones */
export function oneOf<T extends string>(settings: Settings, name: string, known: readonly T[]): T {
  const text = textOf(settings, name)
  const found = known.find(value => value === text)
  if (found === undefined) throw new SettingError(`${name}=${text}; known: ${known.join(', ')}`)
  return found
}

export function textOf(settings: Settings, name: string): string {
  const text = settings.get(name)
  if (text === undefined) throw new Error(`no setting ${name} in the matrix`)
  return text
}

/** Every way to choose one of each list. */
function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>(
    (chosen, list) => chosen.flatMap(some => list.map(one => [...some, one])),
    [[]],
  )
}

function settingNames(settings: readonly Setting[]): string {
  return settings.map(({ name }) => name).join(', ')
}
