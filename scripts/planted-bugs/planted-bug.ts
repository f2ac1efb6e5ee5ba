/** A mistake that somebody could make, as a change of one place in the source. */
export interface PlantedBug {
  readonly name: string
  /** From the repository's root. */
  readonly file: string
  /** Stands there exactly once. */
  readonly before: string
  readonly after: string
}

export const DIRECT = 'implementations/direct'
export const VIRTUAL = 'implementations/virtual-sockman'
export const DEVIRTUALIZED = 'implementations/devirtualized-sockman'
export const NODE = 'implementations/node'
export const P2P = 'implementations/protocol/p2p'
export const THREADS = 'implementations/threads'
