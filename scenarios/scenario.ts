import type {
  LoopSharing,
  Protocol,
  ServiceOptions,
} from '../implementations/node/service-options.ts'

/** A workload, in its own folder. The list of them is `scenarios/index.ts`. */
export interface Scenario {
  readonly name: string
  readonly summary: string
  /** What can be set, with what it means and its default, for people. */
  readonly settings: readonly Setting[]
  /** The compiled module of the process that loads the subjects: speaks `driver-protocol.ts`. */
  readonly driver: URL
  /**
   * The workloads that these settings ask for: one per combination where several values are given,
   * the fixed plan of `npm run bench` where nothing is set.
   * @throws SettingError for a setting that does not exist, or a value that cannot be
   */
  workloads(settings: ReadonlyMap<string, string>): Workload[]
}

export interface Setting {
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
  readonly unit: WorkUnit
  /** What the driver needs to know before it can load anybody. */
  readonly preparation: object
  /** What a subject runs, but for addresses and files, which the driver tells when it is prepared. */
  readonly services: readonly ServiceTemplate[]
  /**
   * How the services of a subject share socket threads. Where there are several ways, each backend is
   * measured with each of them in every round; the reference of all is the first.
   */
  readonly loops: readonly LoopSharing[]
  /**
   * Which subjects live at the same time: `together`, all of a round, their slices interleaved; `alone`,
   * one after the other, where a subject disturbs others by merely being there, or is measured at rest.
   */
  readonly lives: 'together' | 'alone'
  /** For so long, before its slices, a subject is asked for nothing: its CPU and its polls at rest. 0: not measured. */
  readonly idleMs: number
  /** Whether latencies are recorded. */
  readonly measuresLatency: boolean
  /**
   * How many latencies may have one wait in common: subscribers of a push, requests in flight. So many
   * samples count as one where it matters that they are independent.
   */
  readonly samplesTogether: number
  /** What a reader of its figures must know, if anything. */
  readonly caveats: readonly string[]
  /** What every subject works through before anything is measured, portion by portion: as `sliceWork`. */
  readonly warmUp: readonly number[]
  readonly slices: number
  /** The work of one slice: blocks, requests, or messages per subscriber. */
  readonly sliceWork: number
  /** Slices for which counters are read, one after the other and without the others' between. */
  readonly countingSlices: number
  /** Rounds, where the usual number would take too long or say too little; `--rounds` overrides it. */
  readonly rounds?: number
}

type WorkUnit = 'GB' | 'message' | 'request'

/** Addresses and files are put in where a subject is started. */
export type ServiceTemplate = {
  [P in Protocol]: Omit<
    ServiceOptions & { protocol: P },
    'listen' | 'connect' | 'target' | 'chainFile'
  > & {
    /** Connections that the subject opens to the driver; 0: it listens, and the driver connects. */
    readonly connections: number
  }
}[Protocol]

/** A setting that does not exist, or a value that cannot be. The message says what can. */
export class SettingError extends Error {}
