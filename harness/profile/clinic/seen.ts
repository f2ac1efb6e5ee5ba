import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { formatShare } from '../share.ts'
import { dataFile } from './artefact.ts'
import { type KeptEvents, keepMainThread } from './main-thread-events.ts'
import type { ClinicThread, ClinicToolName } from './tools.ts'

/** What a tool has recorded, and how much of it is of a subject's loops. For people, a sentence. */
export function seenBy(name: ClinicToolName, thread: ClinicThread, data: string): string {
  switch (name) {
    case 'clinic-flame':
      return samplesSeen(thread, readFileSync(dataFile(data, 'samples'), 'utf8'))
    case 'clinic-bubbleprof':
      return operationsSeen(keepMainThread(dataFile(data, 'traceevent')))
    case 'clinic-doctor':
      return 'it recorded the process’s CPU and memory, and the event loop of its main thread'
  }
}

const ticks = z.array(z.array(z.object({ name: z.string() })))

/** Ticks of V8's profiler, each a stack. */
export function samplesSeen(thread: ClinicThread, text: string): string {
  const stacks = ticks.parse(JSON.parse(text))
  const ours = stacks.filter(stack => stack.some(({ name }) => name.includes('/implementations/')))
  const share = formatShare(ours.length, stacks.length)
  return `${stacks.length} samples of the ${thread} thread, ${share} of them in the subject’s own code`
}

function operationsSeen({ kept, leftOut }: KeptEvents): string {
  const share = formatShare(kept, kept + leftOut)
  return `${kept} events of asynchronous operations, ${share} of all: those of the worker threads, ${leftOut}, it would take for the main thread’s, so they were left out`
}

const verdict = /"issueCategory":"([\w-]+)"/
const measured = /^\{"timestamp".*"cpu":([\d.]+).*"loopUtilization":([\d.]+)\}/gm

/** From doctor's page: what it measured, and what it makes of that. */
export function diagnosisOn(page: string): string | undefined {
  const rows = [...page.matchAll(measured)]
  const [, issue] = verdict.exec(page) ?? []
  if (rows.length === 0 || issue === undefined) return undefined
  const cpu = median(rows.map(([, percent]) => Number(percent)))
  const utilisation = median(rows.map(([, , percent]) => Number(percent)))
  return `${rows.length} samples: CPU of the process ${Math.round(100 * cpu)} %, event loop of the main thread ${Math.round(utilisation)} % in use (medians); its diagnosis, from that: ${issue}`
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]
}
