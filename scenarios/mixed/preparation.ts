import type { ChainParameters } from '../ibd/chain-profile.ts'

/** What the driver of a mixed workload needs to know. */
export interface MixedPreparation {
  /** What the subjects download. What they serve is the same for every workload. */
  readonly chain: ChainParameters
  readonly mix: HttpMix
}

/** What is asked of a subject while it downloads. */
export interface HttpMix {
  readonly connections: number
  readonly requestsPerBlock: number
  /** Each so-many-th request asks for a block of 990 kB, and its latency is not recorded; 0: none does. */
  readonly largeEvery: number
}
