import { quantile } from './quantile.ts'

/** What a message has reached, in the order in which it does. */
type Reached =
  | 'first byte ready'
  | 'ready'
  | 'recv'
  | 'received'
  | 'complete'
  | 'its turn'
  | 'published'
  | 'handling'
  | 'handled'
  | 'intended'
  | 'reply queued'
  | 'send'
  | 'first sent'
  | 'sent'

export interface Moment {
  reached: Reached
  /** CLOCK_MONOTONIC. */
  atNs: number
  /** Index of the thread that reached it. */
  thread: number
}

/** In the order in which messages pass them. */
const stages = [
  'away',
  'arriving',
  'waiting for recv',
  'recv',
  'parsing',
  'waiting for its turn',
  'publishing',
  'waiting for the handler',
  'waiting for the source',
  'handling',
  'waiting for send',
  'send',
  'waiting for the rest',
] as const
export type Stage = (typeof stages)[number]

/** The stage that ends where this is reached; none ends where a push begins. */
const stageBefore: Readonly<Record<Exclude<Reached, 'intended'>, Stage>> = {
  'first byte ready': 'away',
  ready: 'arriving',
  recv: 'waiting for recv',
  received: 'recv',
  complete: 'parsing',
  'its turn': 'waiting for its turn',
  published: 'publishing',
  handling: 'waiting for the handler',
  handled: 'handling',
  'reply queued': 'handling',
  send: 'waiting for send',
  'first sent': 'send',
  sent: 'waiting for the rest',
}

export interface StageOfLife {
  stage: Stage
  fromNs: number
  toNs: number
  /** That has reached its end. */
  thread: number
}

/** Neighbouring stages meet, so that all of them together are the whole life. */
export function stagesOf({ moments }: { moments: readonly Moment[] }): StageOfLife[] {
  return moments.slice(1).map(({ reached, atNs, thread }, i) => {
    const before = moments[i]
    return { stage: stageBetween(before.reached, reached), fromNs: before.atNs, toNs: atNs, thread }
  })
}

function stageBetween(from: Reached, to: Reached): Stage {
  if (to === 'intended') throw new Error('a life begins with what was intended')
  return from === 'intended' ? 'waiting for the source' : stageBefore[to]
}

export interface StageSummary {
  stage: Stage
  count: number
  meanNs: number
  p50Ns: number
  /** Null where fewer than ten lie beyond. */
  p99Ns: number | null
  /** Of the sum of all stages. */
  share: number
}

const FEWEST_FOR_P99 = 1_000

/** In the order in which messages pass them. */
export function summarise(lives: readonly { moments: readonly Moment[] }[]): StageSummary[] {
  const durations = new Map<Stage, number[]>()
  let totalNs = 0
  for (const life of lives) {
    for (const { stage, fromNs, toNs } of stagesOf(life)) {
      const ofStage = durations.get(stage)
      if (ofStage === undefined) durations.set(stage, [toNs - fromNs])
      else ofStage.push(toNs - fromNs)
      totalNs += toNs - fromNs
    }
  }
  return [...durations].map(([stage, ns]) => {
    const sorted = Float64Array.from(ns).sort()
    const sumNs = ns.reduce((sum, one) => sum + one, 0)
    return {
      stage,
      count: ns.length,
      meanNs: sumNs / ns.length,
      p50Ns: quantile(sorted, 0.5),
      p99Ns: sorted.length < FEWEST_FOR_P99 ? null : quantile(sorted, 0.99),
      share: totalNs === 0 ? 0 : sumNs / totalNs,
    }
  })
}
