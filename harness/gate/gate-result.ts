import { z } from 'zod'
import { resolvedConfiguration } from '../configuration/resolved.ts'
import { recordSchema } from '../record.ts'

/** What one gate found, in one file: every output is made from it. */
export const gateSchemaVersion = 1

const count = z.int().nonnegative()
const positive = z.number().positive()
const percent = z.number().nonnegative()

/** Only red fails; neutral does so under `--strict`. */
const colour = z.enum(['red', 'green', 'neutral'])

/** An interval of a cost ratio at the two-sided level `alpha`; null where there were too few rounds. */
const ratio = z.strictObject({
  ratio: positive,
  low: positive.nullable(),
  high: positive.nullable(),
})

/** What one set of rounds says about one metric of the head, against the base. */
const stage = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('compared'),
    ...ratio.shape,
    /** Student's interval at the same level: no verdict without it. Null where there is none. */
    student: z.strictObject({ low: positive, high: positive }).nullable(),
    alpha: positive,
    rounds: count,
    /**
     * The smallest change that so many rounds, at this level, show to be above the margin in nine runs of
     * ten; null where there is no interval.
     */
    mdePercent: percent.nullable(),
    /**
     * With how many, at this level, a head that has not changed is acquitted in nine runs of ten; null
     * where there is no interval, or the margin is 0.
     */
    roundsNeeded: count.nullable(),
    /** The base against itself, in the same rounds and at the same level. */
    aa: ratio.nullable(),
  }),
  z.strictObject({
    state: z.literal('died'),
    /** Whose fault that was. */
    revision: z.enum(['base', 'head']),
    /** How many of its processes, for which nothing else can be blamed. */
    times: count,
    reason: z.string(),
  }),
  /** A failure of the tool, or of what both revisions need. */
  z.strictObject({ state: z.literal('not-measured'), reason: z.string() }),
  z.strictObject({ state: z.literal('no-figure'), reason: z.string() }),
])

/** What the rounds together came to. Each has one colour, in `colours.ts`. */
const comparisonState = z.enum([
  'within',
  'regressed',
  'head-died',
  'head-died-once',
  'base-died',
  'not-measured',
  'biased',
  'inconclusive',
  'inconclusive (tail)',
  'unconfirmed',
  'no-figure',
])

const identity = {
  /** Unique within a gate, and the same in every gate. */
  id: z.string(),
  scenario: z.string(),
  label: z.string(),
  parameters: recordSchema.shape.scenarios.element.shape.parameters,
  backend: z.string(),
  /** Index among the sources. */
  source: count,
  colour,
  /** One sentence without a full stop. */
  reason: z.string(),
  /** A command line that measures it again. */
  repeat: z.string(),
}

const comparison = z.strictObject({
  ...identity,
  metric: z.enum(['cpu', 'wall', 'latencyP50', 'latencyP99']),
  /** Red if the whole interval is above it. */
  marginPercent: percent,
  state: comparisonState,
  screening: stage,
  /** On fresh rounds; null where nothing was suspected. */
  confirmation: stage.nullable(),
})

const waitStage = z.strictObject({
  /** `not-measured`: it has no latencies, or none that mean anything. */
  base: z.enum(['waits', 'none', 'too-few', 'not-measured']),
  head: z.enum(['waits', 'none', 'too-few', 'not-measured']),
  /** Of its samples, which waited for the poll loop's timeout; null where none did. */
  baseShare: percent.nullable(),
  headShare: percent.nullable(),
})

/** Whether messages wait for the poll loop's 50 ms that did not before. */
const wait = z.strictObject({
  ...identity,
  state: z.enum(['none', 'as-before', 'new', 'unconfirmed', 'unknown']),
  screening: waitStage,
  confirmation: waitStage.nullable(),
})

/** A deterministic count per unit of work that is not what the baseline says. */
const violation = z.strictObject({
  workload: z.string(),
  backend: z.string(),
  counter: z.string(),
  unit: z.string(),
  was: z.number(),
  is: z.number(),
  /** Null where it was 0. */
  changePercent: z.number().nullable(),
})

/** A workload in which the head died while it was counted. */
const countingFailure = z.strictObject({
  workload: z.string(),
  backend: z.string(),
  reason: z.string(),
})

const counters = z.strictObject({
  baseline: z.string(),
  tolerancePercent: percent,
  /** How many counts were compared. */
  compared: count,
  violations: z.array(violation),
  failures: z.array(countingFailure),
  /** What could not be compared, and what to do about it. */
  notes: z.array(z.string()),
})

/** One machine's share of the work. */
const source = z.strictObject({
  startedAt: z.iso.datetime(),
  durationMs: percent,
  seed: z.int(),
  command: z.string(),
  /** `1/3`; null where all was measured here. */
  shard: z.string().nullable(),
  environment: recordSchema.shape.environment,
})

export const gateResultSchema = z.strictObject({
  gateSchemaVersion: z.literal(gateSchemaVersion),
  tool: recordSchema.shape.tool,
  base: recordSchema.shape.revisions.element,
  head: recordSchema.shape.revisions.element,
  sources: z.array(source).min(1),
  configuration: resolvedConfiguration,
  strict: z.boolean(),
  comparisons: z.array(comparison),
  waits: z.array(wait),
  /** Null where they are not gated. */
  counters: counters.nullable(),
  failures: recordSchema.shape.failures,
  warnings: z.array(z.string()),
  exitCode: z.int(),
})

export type GateResult = z.infer<typeof gateResultSchema>
export type ComparisonRow = z.infer<typeof comparison>
export type ComparisonState = z.infer<typeof comparisonState>
export type WaitRow = z.infer<typeof wait>
export type WaitStage = z.infer<typeof waitStage>
export type WaitState = WaitRow['state']
export type Stage = z.infer<typeof stage>
export type RatioInterval = z.infer<typeof ratio>
export type Colour = z.infer<typeof colour>
export type CounterFindings = z.infer<typeof counters>
export type CountingFailure = z.infer<typeof countingFailure>
export type CounterViolation = z.infer<typeof violation>
