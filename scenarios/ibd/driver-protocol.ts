import type { ChainParameters } from './chain-profile.ts'
import type { SliceMeasurement, SubjectLimits } from './subject-session.ts'

/**
 * What the harness and its driver process say to each other, over process IPC. `chain` comes first
 * and once. A subject is listened for, awaited, then given slices, one thing at a time; different
 * subjects may overlap. Each request but `release` and `stop` has one answer.
 */
export type DriverRequest =
  | { kind: 'chain'; parameters: ChainParameters }
  | ({ kind: 'listen'; subject: string; protocol: SubjectProtocol } & SubjectLimits)
  | { kind: 'await-ready'; subject: string }
  | { kind: 'slice'; subject: string; blocks: number }
  /** Closes the subject's connections and listener. Fails what it was waited for. */
  | { kind: 'release'; subject: string }
  | { kind: 'stop' }

/** `raw` is for the floor: see `RawPeer` for what goes over its connections. */
type SubjectProtocol = 'p2p' | 'raw'

export type DriverAnswer =
  /** Any number of these before `chain-ready`; none when the chain was cached. */
  | { kind: 'chain-progress'; done: number; total: number }
  /** About a cache that could not be used. */
  | { kind: 'warning'; line: string }
  | { kind: 'chain-ready'; blocks: number; tipHash: string }
  | { kind: 'chain-failed'; reason: string }
  | { kind: 'listening'; subject: string; port: number }
  | { kind: 'ready'; subject: string }
  | ({ kind: 'slice-done'; subject: string } & SliceMeasurement)
  /** To `listen`, `await-ready` or `slice`. A failed subject stays failed: release it. */
  | { kind: 'failed'; subject: string; reason: string }
