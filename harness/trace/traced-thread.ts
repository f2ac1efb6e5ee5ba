import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ThreadRecording } from '../../implementations/trace/process-tracing.ts'

/** What a thread has recorded, on its way from a subject to the harness: its events are in a file. */
export interface TracedThread {
  thread: string
  startedNs: number
  endedNs: number
  dropped: number
  /** Words as in `TraceRing`, in this machine's byte order. */
  file: string
}

export function leaveRecordings(
  recordings: readonly ThreadRecording[],
  directory: string,
): TracedThread[] {
  return recordings.map(({ words, ...rest }, i) => {
    const file = join(directory, `${i}.f64`)
    writeFileSync(file, Buffer.from(words.buffer, words.byteOffset, words.byteLength))
    return { ...rest, file }
  })
}

export function readRecording({ file, ...rest }: TracedThread): ThreadRecording {
  const bytes = readFileSync(file)
  const words = new Float64Array(bytes.byteLength / 8)
  new Uint8Array(words.buffer).set(bytes)
  return { ...rest, words }
}
