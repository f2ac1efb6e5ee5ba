import { gzipSync } from 'node:zlib'
import type { ProcessSample, SockbenchRecord } from '../../record.ts'

/** What a reader can take out of the page. */
export interface RawData {
  fileName: string
  /** gzip, base64. */
  content: string
  /** What is left out of it, and where that is; null where nothing is. */
  leftOut: string | null
}

/**
 * The record whole, or without its slices where that would be too much, or nothing at all.
 * @param name of the file, without its ending
 * @param mostCharacters there is room for
 */
export function rawData(
  record: SockbenchRecord,
  name: string,
  recordPath: string,
  mostCharacters: number,
): RawData | null {
  const whole = slicesIn(record) > MOST_SLICES ? null : compressed(record)
  if (whole !== null && whole.length <= mostCharacters) {
    return { fileName: `${name}.json.gz`, content: whole, leftOut: null }
  }
  const content = compressed({ ...record, scenarios: record.scenarios.map(withoutSlices) })
  if (content.length > mostCharacters) return null
  return {
    fileName: `${name}-without-slices.json.gz`,
    content,
    leftOut: `its slices, which would make this page too large: they are in ${recordPath}`,
  }
}

/** A slice takes more than 25 bytes in a compressed record: so many never fit, and need not be tried. */
const MOST_SLICES = 150_000

function slicesIn({ scenarios }: SockbenchRecord): number {
  return scenarios
    .flatMap(({ processes }) => processes)
    .reduce(
      (sum, { outcome }) => sum + (outcome.state === 'completed' ? outcome.slices.length : 0),
      0,
    )
}

function compressed(content: object): string {
  return gzipSync(JSON.stringify(content), { level: 9 }).toString('base64')
}

function withoutSlices<T extends { processes: ProcessSample[] }>(result: T): T {
  const processes = result.processes.map(process =>
    process.outcome.state === 'failed'
      ? process
      : { ...process, outcome: { ...process.outcome, slices: [] } },
  )
  return { ...result, processes }
}
