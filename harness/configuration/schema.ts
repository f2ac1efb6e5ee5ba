import { InvalidArgumentError } from '@commander-js/extra-typings'
import { z } from 'zod'
import { findScenario, scenarioNames } from '../../scenarios/index.ts'
import { SettingError } from '../../scenarios/scenario.ts'
import { duration } from '../commands/arguments.ts'
import { UsageError } from '../errors.ts'
import { knownBackends } from '../participants.ts'
import type {
  CountersConfig,
  GateConfig,
  GatedComparison,
  GatedWorkload,
  RunConfig,
  SockbenchConfig,
} from './define-config.ts'

/**
 * @param path of the file, for the message
 * @throws UsageError for the first thing that cannot be: `sockbench.config.js: run.seed: …`
 */
export function parseConfig(value: unknown, path: string): SockbenchConfig {
  const { success, data, error } = configSchema.safeParse(value)
  if (success) return data
  // A misspelt key is often also a missing one: the former says more.
  const misspelt = error.issues.find(({ code }) => code === 'unrecognized_keys')
  const { path: keys, message } = innermost(misspelt ?? error.issues[0])
  throw new UsageError([path, ...(keys.length > 0 ? [dotted(keys)] : []), message].join(': '))
}

/** What is wrong inside of the one alternative that a value was meant as, if that can be told. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue
  const inside = issue.errors.flat().find(({ path }) => path.length > 0)
  return inside === undefined
    ? issue
    : innermost({ ...inside, path: [...issue.path, ...inside.path] })
}

/** `gate.comparisons[0].scenario` */
function dotted(keys: readonly PropertyKey[]): string {
  const [first, ...rest] = keys
  return [
    String(first),
    ...rest.map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)),
  ].join('')
}

const knownName = (what: string, known: readonly string[]) =>
  z.string().refine(name => known.includes(name), {
    error: ({ input }) => `no ${what} "${String(input)}"; known: ${known.join(', ')}`,
  })

const scenario = knownName('scenario', scenarioNames)
const backend = knownName('backend', knownBackends)

const settingValue = z.union([z.string().min(1), z.number()], 'give a text or a number')
const oneValue = settingValue.refine(value => !String(value).includes(','), {
  error: ({ input }) => `"${String(input)}" is several values; give one`,
})

/** The values of settings by their names. */
const settingsOf = <V extends z.ZodType>(value: V) =>
  z.record(z.string().regex(/^[^=]+$/), value, {
    error: ({ code }) =>
      code === 'invalid_key' ? 'the name of a setting is a word without "="' : undefined,
  })

/** An object that has these keys and no others. */
function strict<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape, {
    error: issue => {
      if (issue.code !== 'unrecognized_keys') return undefined
      return `no "${issue.keys[0]}"; known: ${Object.keys(shape).join(', ')}`
    },
  })
}

/** Shapes only: the values go through the parsers of the flags. */
const run = strict({
  scenario: z.array(scenario).optional(),
  backend: z.array(backend).optional(),
  rounds: z.union([z.number(), z.literal('max')], 'give a number or "max"').optional(),
  boundary: z.enum(['obrien-fleming', 'pocock']).optional(),
  budget: z.string().optional(),
  margin: z.number().optional(),
  seed: z.number().optional(),
  set: settingsOf(
    z.union([settingValue, z.array(settingValue).min(1)], 'give a value or a list of values'),
  ).optional(),
  out: z.string().min(1).optional(),
}) satisfies z.ZodType<RunConfig>

const workloadShape = {
  scenario,
  set: settingsOf(oneValue).optional(),
  backends: z.array(backend).min(1).optional(),
}

const gatedWorkload = strict(workloadShape).superRefine(
  mustBeOneWorkload,
) satisfies z.ZodType<GatedWorkload>

const gatedComparison = strict({
  ...workloadShape,
  metrics: z
    .array(z.enum(['cpu', 'wall', 'latencyP50', 'latencyP99']))
    .min(1)
    .optional(),
  marginPercent: z.number().nonnegative(),
}).superRefine(mustBeOneWorkload) satisfies z.ZodType<GatedComparison>

const counters = strict({
  file: z.string().min(1).optional(),
  tolerancePercent: z.number().nonnegative().optional(),
  scenarios: z.array(gatedWorkload).min(1).optional(),
}) satisfies z.ZodType<CountersConfig>

const gate = strict({
  base: z.string().min(1).optional(),
  budget: z.string().superRefine(mustBeDuration).optional(),
  rounds: z.int().min(6).optional(),
  strict: z.boolean().optional(),
  comparisons: z.array(gatedComparison).min(1),
  counters: z.union([counters, z.literal(false)], 'give an object, or false').optional(),
  waits: z.boolean().optional(),
}) satisfies z.ZodType<GateConfig>

const configSchema = strict({
  run: run.optional(),
  gate: gate.optional(),
}) satisfies z.ZodType<SockbenchConfig>

/** A scenario without a driver has one workload and no settings. */
function mustBeOneWorkload(
  { scenario: name, set = {} }: GatedWorkload,
  context: z.core.$RefinementCtx,
): void {
  const given = new Map(Object.entries(set).map(([key, value]) => [key, String(value)]))
  const found = findScenario(name)
  if (found === undefined) {
    const [key] = given.keys()
    if (key !== undefined) context.addIssue(`${name} has no setting "${key}": it has none`)
    return
  }
  try {
    const workloads = found.workloads(given)
    if (workloads.length === 1) return
    const labels = workloads.map(({ label }) => label).join('; ')
    const settings = found.settings.map(setting => setting.name).join(', ')
    context.addIssue(
      `"set" must choose one of the ${workloads.length} workloads of ${name} (${labels}); settings: ${settings}`,
    )
  } catch (error) {
    if (!(error instanceof SettingError)) throw error
    context.addIssue(error.message)
  }
}

function mustBeDuration(text: string, context: z.core.$RefinementCtx): void {
  try {
    duration(text)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    context.addIssue(error.message.replace(/\.$/, ''))
  }
}
