import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { SockbenchRecord } from '../record.ts'
import { RecordError, saveRecord } from '../record-store.ts'
import { replaceFile } from '../replace-file.ts'
import { type GateResult, gateResultSchema } from './gate-result.ts'

/** The raw records that a result was made from. */
export interface GateRecords {
  readonly screening: SockbenchRecord
  readonly confirmation: SockbenchRecord | null
}

/** Finds out before anything is measured that nothing could be kept. */
export function prepareGateStore(base: string): void {
  const gates = join(base, 'gates')
  try {
    mkdirSync(gates, { recursive: true })
    accessSync(gates, constants.W_OK)
  } catch (error) {
    throw new RecordError(
      `cannot keep results in ${gates}: ${codeOf(error)}; choose another place with --out`,
    )
  }
}

/**
 * Writes `<base>/gates/<UTC>-<short sha>/`: `gate.json`, `screening/record.json` and, if there was one,
 * `confirmation/record.json`; each whole or not at all, and the result last.
 * @returns the path of gate.json
 * @throws RecordError for what cannot be written
 */
export function saveGate(base: string, result: GateResult, records: GateRecords): string {
  const { startedAt } = result.sources[0]
  const compact = startedAt.replaceAll(/[-:.]/g, '')
  const directory = join(base, 'gates', `${compact}-${result.head.gitSha?.slice(0, 8) ?? 'nogit'}`)
  const { screening, confirmation } = records
  saveRecord(join(directory, 'screening'), screening)
  if (confirmation !== null) saveRecord(join(directory, 'confirmation'), confirmation)
  const path = join(directory, 'gate.json')
  const text = `${JSON.stringify(gateResultSchema.parse(result), null, 2)}\n`
  try {
    replaceFile(path, text)
  } catch (error) {
    throw new RecordError(
      `cannot write ${path}: ${codeOf(error)}; free space there, or choose another place with --out`,
    )
  }
  return path
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}
