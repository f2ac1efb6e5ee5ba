import type { Protocol } from '../implementations/backend.ts'
import type { SubjectOptions } from '../implementations/node/thread-context.ts'

/** A workload, in its own folder. The list of them is `scenarios/index.ts`. */
export interface Scenario {
  readonly name: string
  readonly summary: string
  /** What can be set, with what it means and its default, for people. */
  readonly settings: readonly Setting[]
  /** The compiled module of the process that loads the subjects. */
  readonly driver: URL
  /**
   * The workloads that these settings ask for: one per combination where several values are given,
   * the fixed plan of `npm run bench` where nothing is set.
   * @throws SettingError for a setting that does not exist, or a value that cannot be
   */
  workloads(settings: ReadonlyMap<string, string>): Workload[]
}

interface Setting {
  readonly name: string
  readonly meaning: string
  readonly fallback: string
}

/** One parameter set of a scenario: everything that must be the same for every subject. */
export interface Workload {
  readonly scenario: string
  /** What identifies the parameter set, for the record. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>
  /** For people: `large, 1 peer`. */
  readonly label: string
  /** What costs are divided by. */
  readonly unit: 'GB' | 'message'
  /** What the driver needs to know before it can load anybody. */
  readonly preparation: object
  readonly protocol: Protocol
  readonly connections: number
  readonly subject: Omit<SubjectOptions, 'listen' | 'connect'>
  /** What a reader of its figures must know, if anything. */
  readonly caveats: readonly string[]
  /** Slices for which counters are read, one after the other and without the others' between. */
  readonly countingSlices: number
  /** What every subject works through before anything is measured: blocks, portion by portion. */
  readonly warmUpBlocks: readonly number[]
  readonly slices: number
  /** The work of one slice. */
  readonly sliceBlocks: number
}

/** A setting that does not exist, or a value that cannot be. The message says what can. */
export class SettingError extends Error {}
