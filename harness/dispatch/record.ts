import { z } from 'zod'

const count = z.int().nonnegative()
const amount = z.number().nonnegative()

/** One of `connections` counts: see `DispatchCost` in scenarios/dispatch/measure.ts. */
const cost = z.strictObject({
  connections: count,
  pollNs: amount,
  /** A difference of two medians: below 0 where noise is larger than what it costs. */
  eventNs: z.number(),
  sendNs: amount,
  pollBytes: amount,
  eventBytes: amount,
  sendBytes: amount,
  lookupsPerPoll: amount,
  lookupsPerEvent: amount,
  lookupsPerSend: amount,
  collectionsPerIteration: amount,
})

const outcome = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('completed'), costs: z.array(cost).min(1) }),
  z.strictObject({ state: z.literal('failed'), reason: z.string() }),
])

/** What each backend's loop and handler cost over sockets in memory, and what follows from it. */
export const dispatchResult = z.strictObject({
  /** One fresh process each. */
  processes: z.array(
    z.strictObject({
      round: count,
      backend: z.string(),
      /** What else the process's loop had served before: nothing, or a web server and a message source. */
      consumers: z.enum(['one', 'all']),
      outcome,
    }),
  ),
  /** Medians over the processes of a backend. */
  estimates: z.array(
    cost.extend({ backend: z.string(), consumers: z.enum(['one', 'all']), rounds: count }),
  ),
  /** What these costs, times the events counted there, say about `ibd` and `http` of the same run. */
  predictions: z.array(
    z.strictObject({
      scenario: z.string(),
      label: z.string(),
      backend: z.string(),
      baseline: z.string(),
      /** Of the connection count whose costs were used. */
      connections: count,
      /** Change of CPU per unit of work against `baseline`; `low` and `high` over the rounds of dispatch. */
      predictedPercent: z.number(),
      low: z.number(),
      high: z.number(),
    }),
  ),
})

export type DispatchResult = z.infer<typeof dispatchResult>
export type DispatchProcess = DispatchResult['processes'][number]
export type DispatchEstimate = DispatchResult['estimates'][number]
export type DispatchPrediction = DispatchResult['predictions'][number]
