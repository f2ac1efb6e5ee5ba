import {
  type CommandUnknownOpts,
  InvalidArgumentError,
  type Option,
} from '@commander-js/extra-typings'
import { repeatable } from '../commands/arguments.ts'
import { UsageError } from '../errors.ts'

/**
 * Gives the options that have no flag the values of their variables. A repeatable one takes several,
 * with spaces between: `SOCKBENCH_SET='profile=large peers=1,8'`. An empty variable is none: CI engines
 * write that for what was left out.
 * @throws UsageError for what the option's parser refuses
 */
export function applyEnvironment(
  command: CommandUnknownOpts,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  for (const option of command.options.filter(one => isFree(command, one))) {
    const variable = variableOf(option)
    const text = environment[variable]?.trim() ?? ''
    if (text === '') continue
    const words = option.parseArg === repeatable ? text.split(/\s+/) : [text]
    setValue(command, option, words, { source: 'env', name: variable })
  }
}

/**
 * Gives the options that have neither flag nor variable the values of the same names.
 * @param origin of the values, for messages: `sockbench.config.js: run`
 * @returns the names of values that belong to no option
 * @throws UsageError for what the option's parser refuses
 */
export function applyValues(
  command: CommandUnknownOpts,
  values: Readonly<Record<string, unknown>>,
  origin: string,
): string[] {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  const rest: string[] = []
  for (const [name, value] of given) {
    const option = command.options.find(one => one.attributeName() === name)
    if (option === undefined) rest.push(name)
    else if (isFree(command, option)) {
      setValue(command, option, wordsOf(value), { source: 'config', name: `${origin}.${name}` })
    }
  }
  return rest
}

/** `SOCKBENCH_ROUNDS` for `--rounds`, `SOCKBENCH_COLOR` for `--no-color`. */
function variableOf(option: Option): string {
  const words = option.attributeName().replaceAll(/[A-Z]/g, letter => `_${letter}`)
  return `SOCKBENCH_${words.toUpperCase()}`
}

function isFree(command: CommandUnknownOpts, option: Option): boolean {
  const source = command.getOptionValueSource(option.attributeName())
  return source === undefined || source === 'default'
}

/** What one would write behind the flag, once for each time it is given. */
function wordsOf(value: unknown): string[] {
  if (Array.isArray(value)) return [value.join(',')]
  if (typeof value !== 'object' || value === null) return [String(value)]
  return Object.entries(value).map(([key, one]) => `${key}=${String(one)}`)
}

function setValue(
  command: CommandUnknownOpts,
  option: Option,
  words: readonly string[],
  { source, name }: { source: 'env' | 'config'; name: string },
): void {
  try {
    const parser = parserOf(option)
    const value = words.reduce<unknown>((before, word) => parser(word, before), undefined)
    command.setOptionValueWithSource(option.attributeName(), value, source)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw new UsageError(`${name}: ${error.message.replace(/\.$/, '')}`)
  }
}

function parserOf(option: Option): (word: string, before: unknown) => unknown {
  if (!option.required && !option.optional) return trueOrFalse
  return option.parseArg ?? (word => word)
}

function trueOrFalse(word: string): boolean {
  if (word === 'true' || word === '1') return true
  if (word === 'false' || word === '0') return false
  throw new InvalidArgumentError('give true or false.')
}
