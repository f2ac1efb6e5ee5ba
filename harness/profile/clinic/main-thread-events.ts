import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { replaceFile } from '../../replace-file.ts'

const traceEvents = z.object({
  traceEvents: z.array(z.looseObject({ pid: z.int(), tid: z.int() })),
})

export interface KeptEvents {
  kept: number
  leftOut: number
}

/**
 * Leaves in a trace of clinic-bubbleprof the events of the main thread. Each thread numbers its
 * asynchronous operations from 1, and clinic-bubbleprof joins events and stacks by that number alone:
 * it would take what a worker did for what the main thread did.
 */
export function keepMainThread(path: string): KeptEvents {
  const { traceEvents: all } = traceEvents.parse(JSON.parse(readFileSync(path, 'utf8')))
  const kept = all.filter(({ pid, tid }) => pid === tid)
  replaceFile(path, JSON.stringify({ traceEvents: kept }))
  return { kept: kept.length, leftOut: all.length - kept.length }
}
