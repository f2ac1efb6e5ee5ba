import { exitCodes } from '../errors.ts'
import { RecordError } from '../record-store.ts'
import type { GateResult } from './gate-result.ts'
import { type GateRecords, saveGate } from './gate-store.ts'
import { annotations } from './outputs/annotations.ts'
import { type OutputFiles, writeOutputs } from './outputs/files.ts'
import { terminalGate } from './outputs/terminal.ts'

export interface Finishing {
  readonly out: string
  readonly files: OutputFiles
  readonly json: boolean
  readonly colour: boolean
  /** GitHub's workflow commands, too. */
  readonly annotate: boolean
  /** Data, on stdout. */
  readonly print: (text: string) => void
  /** Whole lines, on stderr. */
  readonly say: (text: string) => void
}

/**
 * Keeps a result, prints it, and writes what else is wanted. What cannot be written is said, and the
 * verdict is printed all the same.
 * @returns the exit code of the process: a regression goes before a file that could not be written
 */
export function finishGate(result: GateResult, records: GateRecords, how: Finishing): number {
  const stored = save(how.out, result, records)
  const problems = writeOutputs(result, how.files)
  if (stored instanceof RecordError) problems.unshift(stored.message)
  const path = stored instanceof RecordError ? 'not stored' : stored
  const { json, colour, annotate, print, say } = how
  print(json ? `${JSON.stringify(result)}\n` : terminalGate(result, path, { colour }))
  if (annotate) say(annotations(result))
  for (const problem of problems) say(`sockbench: ${problem}\n`)
  if (problems.length === 0 || result.exitCode === exitCodes.regression) return result.exitCode
  return exitCodes.runFailed
}

function save(out: string, result: GateResult, records: GateRecords): string | RecordError {
  try {
    return saveGate(out, result, records)
  } catch (error) {
    if (error instanceof RecordError) return error
    throw error
  }
}
