import type { DispatchCost } from './measure.ts'

/**
 * Which consumers of sockets the isolate has seen before P2P's is measured: `one`, P2P itself, so
 * that every call of an event has seen one receiver; `all`, a web server and a message source, too.
 */
export const consumerMixes = ['one', 'all'] as const
export type ConsumerMix = (typeof consumerMixes)[number]

/** What the harness says to an isolate's process, over process IPC. */
export type IsolateRequest =
  | { kind: 'measure'; backend: string; consumers: ConsumerMix }
  | { kind: 'stop' }

/** To `measure`, once. */
export type IsolateAnswer = { kind: 'measured'; costs: DispatchCost[] }
