import { z } from 'zod'
import { doses } from './blinding.ts'

/** What a calibration keeps of its runs; their whole records lie beside it, compressed. */
export const calibrationVersion = 1

const count = z.int().nonnegative()
const positive = z.number().positive()
const shape = z.strictObject({ rounds: z.int().positive(), slices: z.int().positive() })

const machine = z.strictObject({
  cpuModel: z.string(),
  cpus: z.array(count),
  memoryBytes: count,
  kernel: z.string(),
})

/** The first file of a calibration: what all its runs have in common. */
export const calibrationSchema = z.strictObject({
  version: z.literal(calibrationVersion),
  machine,
  settings: z.strictObject({
    backend: z.string(),
    seed: count,
    sliceBlocks: z.int().positive(),
    aa: shape,
    experiment: shape,
  }),
})

/** CPU of one program against the reference, as the analysis judged it. */
const judged = z.strictObject({
  ratio: positive,
  low: positive.nullable(),
  high: positive.nullable(),
  verdict: z.enum(['faster', 'slower', 'equivalent', 'inconclusive', 'invalid']),
  /** Of logarithms, one for each round. */
  differences: z.array(z.number()),
  recvsPerByte: positive,
  /** How long what was planted took after each recv, timed where it happened; null of nothing. */
  spinNs: positive.nullable().default(null),
})

/** What the analysis said of one record; it knows arms by their names alone. */
const look = z.strictObject({
  /** The file with the record, below the calibration's directory. */
  record: z.string(),
  reference: z.strictObject({ cpuNsPerByte: positive, recvsPerByte: positive }),
  aa: judged,
  arms: z.record(z.string(), judged),
})

const provenance = {
  index: z.int().positive(),
  startedAt: z.iso.datetime(),
  durationMs: z.number().nonnegative(),
  /** Of the sockbench that measured. */
  tool: z.strictObject({
    version: z.string(),
    gitSha: z.string().nullable(),
    dirty: z.boolean().nullable(),
  }),
  node: z.string(),
}

export const aaRunSchema = z.strictObject({
  ...provenance,
  first: look,
  /** On fresh rounds; null where there was nothing to confirm. */
  confirmation: look.nullable(),
})

export const experimentSchema = z.strictObject({
  ...provenance,
  first: look,
  /** Of the suspected arms, on fresh rounds; null where there are none, or none was asked for. */
  confirmation: look.nullable(),
  /** What was planted, by arm; joined after the arms were judged. */
  key: z.record(z.string(), z.strictObject({ dosePercent: z.literal(doses), spinsPerRecv: count })),
  /** How long a turn of the planted loop took, before and after. */
  turnNs: z.strictObject({ before: positive, after: positive }),
})

export const conditions = [
  'everything on',
  'buffers left to the kernel',
  'not pinned',
  'not interleaved',
  'long slices',
] as const

export const controlsSchema = z.strictObject({
  ...provenance,
  /** A′ against A, one round each, in the order in which they were measured. */
  rounds: z.array(
    z.strictObject({
      condition: z.enum(conditions),
      record: z.string(),
      /** Of logarithms of CPU: over the slices, trimmed, and over all of them. */
      difference: z.number(),
      untrimmedDifference: z.number(),
    }),
  ),
})

export type Machine = z.infer<typeof machine>
type CalibrationFile = z.infer<typeof calibrationSchema>
export type Judged = z.infer<typeof judged>
export type Look = z.infer<typeof look>
export type AaRun = z.infer<typeof aaRunSchema>
export type Experiment = z.infer<typeof experimentSchema>
export type ControlsPass = z.infer<typeof controlsSchema>
export type Condition = (typeof conditions)[number]

/** Everything that a calibration has measured so far. */
export interface Calibration extends Omit<CalibrationFile, 'version'> {
  aa: AaRun[]
  experiment: Experiment[]
  controls: ControlsPass[]
  /** Runs in which a subject did not finish: measured again, and kept as records only. */
  discarded: number
}

/** What makes figures of one machine and another two things; of all that is known of one. */
export function machineOf({ cpuModel, cpus, memoryBytes, kernel }: Machine): Machine {
  return { cpuModel, cpus, memoryBytes, kernel }
}
