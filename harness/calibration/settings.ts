/** Rounds of fresh processes, and slices that each of them is given. */
export interface RunShape {
  rounds: number
  slices: number
}

/** What has to be the same in all runs of a calibration. */
export interface CalibrationSettings {
  backend: string
  /** Of every random order, and of what is planted where. */
  seed: number
  /** Blocks of a slice, 990,000 bytes each. */
  sliceBlocks: number
  /** As little as gives a verdict. */
  aa: RunShape
  experiment: RunShape
}

export const calibrationDefaults = {
  backend: 'direct',
  sliceBlocks: 8,
  aa: { rounds: 6, slices: 40 },
  experiment: { rounds: 8, slices: 110 },
} satisfies Omit<CalibrationSettings, 'seed'>

/** How many runs of each kind there are to be in the end. */
export interface Targets {
  aa: number
  experiment: number
  /** Rounds of each row of the controls table. */
  controls: number
}

export const defaultTargets = { aa: 100, experiment: 30, controls: 10 } satisfies Targets

export const kinds = ['aa', 'experiment', 'controls'] as const
export type Kind = (typeof kinds)[number]
