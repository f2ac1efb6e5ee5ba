/**
 * Loaded into a thread of an inspected subject, before its entry module. Stops it once in each place that
 * it comes to, looks around, and writes what it has seen when the thread ends. Its session is one of the
 * same thread: while that stands still, the session's callbacks are called, and answers are there at once.
 */
import { writeFileSync } from 'node:fs'
import type { Debugger, Profiler } from 'node:inspector'
import { join } from 'node:path'
import { workerData } from 'node:worker_threads'
import type { Seams } from './places.ts'
import { isWanted, placesOf } from './places.ts'
import { sampledNames } from './sampled-names.ts'
import { type SeenFrame, seenFrames } from './seen-frames.ts'
import type { ThreadReport } from './thread-report.ts'
import { ThreadSession } from './thread-session.ts'

/** Connections are open by then, and what follows is like what came before. */
const PASSES = 100
const SAMPLING_INTERVAL_US = 500

const [directory, backend] = process.argv.slice(2)
const { name } = workerData as { name: string }
const session = new ThreadSession()
const urls = new Map<string, string>()
const breakpoints = new Map<string, keyof Seams>()
const passes = new Map<string, number>()
const stacks: Partial<Record<keyof Seams, SeenFrame[]>> = {}

session.on<Debugger.ScriptParsedEventDataType>('Debugger.scriptParsed', ({ scriptId, url }) => {
  urls.set(scriptId, url)
  for (const [seam, { script, functionName }] of placesOf(backend)) {
    if (!url.split('?')[0].endsWith(script)) continue
    const location = session.firstLineOf(scriptId, functionName)
    if (location === undefined) continue
    breakpoints.set(session.breakAt(location), seam)
  }
})

session.on<Debugger.PausedEventDataType>('Debugger.paused', ({ callFrames, hitBreakpoints }) => {
  const [breakpointId = ''] = hitBreakpoints ?? []
  const seam = breakpoints.get(breakpointId)
  if (seam === undefined || !isWanted(seam, callFrames)) return
  const count = (passes.get(breakpointId) ?? 0) + 1
  passes.set(breakpointId, count)
  if (count < PASSES) return
  session.post('Debugger.removeBreakpoint', { breakpointId })
  if (Object.keys(stacks).length === 0) startSampling()
  stacks[seam] = seenFrames(session, callFrames, urls)
})

session.post('Debugger.enable')
process.on('exit', () => {
  const report: ThreadReport = { thread: name, stacks, names: endSampling() }
  writeFileSync(join(directory, `${name}.json`), JSON.stringify(report))
})

function startSampling(): void {
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US })
  session.post('Profiler.start')
}

/** Null if nothing was seen that sampling could begin with. */
function endSampling() {
  if (Object.keys(stacks).length === 0) return null
  return sampledNames(session.post<Profiler.StopReturnType>('Profiler.stop').profile)
}
