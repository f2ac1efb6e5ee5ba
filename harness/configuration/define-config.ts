/**
 * What `sockbench.config.{js,mjs,json}` may say. A flag, or a variable of the environment, goes before
 * it. This file imports nothing: it is what `import { defineConfig } from 'sockbench'` loads.
 */
export interface SockbenchConfig {
  run?: RunConfig | undefined
  gate?: GateConfig | undefined
}

/** Options of `sockbench run` by their long names. What is left out has the default of its flag. */
export interface RunConfig {
  scenario?: string[] | undefined
  /** The reference first. */
  backend?: string[] | undefined
  /** Rounds of fresh processes; `max`: until every comparison has its verdict. */
  rounds?: number | 'max' | undefined
  /** How looks at unfinished data are paid for. */
  boundary?: 'obrien-fleming' | 'pocock' | undefined
  /** As in `90s` or `3m`. */
  budget?: string | undefined
  /** Equivalence margin, in percent. */
  margin?: number | undefined
  /** Of every random order. */
  seed?: number | undefined
  /** Settings of the scenarios; several values make a matrix. */
  set?: Record<string, string | number | (string | number)[]> | undefined
  /** The folder where records are kept. */
  out?: string | undefined
}

/** What `sockbench gate` compares, and what makes it red. */
export interface GateConfig {
  /** Git ref; without it, the merge base with the default branch. */
  base?: string | undefined
  /** As in `8m`. */
  budget?: string | undefined
  /** Screening rounds, at least 6. */
  rounds?: number | undefined
  /** Whether an inconclusive or invalid comparison fails, too. */
  strict?: boolean | undefined
  comparisons: GatedComparison[]
  /** False: counters are not gated. */
  counters?: CountersConfig | false | undefined
  /** Whether messages that wait 50 ms for the poll loop are looked for; true without it. */
  waits?: boolean | undefined
}

/** One workload on some backends, the base revision against the head. */
export interface GatedComparison extends GatedWorkload {
  /** `['cpu']` without it. */
  metrics?: GatedMetric[] | undefined
  /** Red if the whole interval is above it; 0 is a margin, too. */
  marginPercent: number
}

export type GatedMetric = 'cpu' | 'wall' | 'latencyP50' | 'latencyP99'

/** Deterministic counters, such as system calls per unit of work, against a committed file. */
export interface CountersConfig {
  /** `results/baselines/counters.json` without it. */
  file?: string | undefined
  /** 0.1 without it; 0 demands the very numbers. */
  tolerancePercent?: number | undefined
  scenarios?: GatedWorkload[] | undefined
}

export interface GatedWorkload {
  scenario: string
  /** One value for each setting that tells the scenario's workloads apart. */
  set?: Record<string, string | number> | undefined
  /** Without it, all that can take part but libuv and the floor. */
  backends?: string[] | undefined
}

/** Gives back what it is given: an editor knows the names and the types of all there is to say. */
export function defineConfig(config: SockbenchConfig): SockbenchConfig {
  return config
}
