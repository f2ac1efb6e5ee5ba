import { appendFileSync } from 'node:fs'
import { replaceFile } from '../../replace-file.ts'
import { writeOutput } from '../../write-output.ts'
import type { GateResult } from '../gate-result.ts'
import { benchmarkJson } from './benchmark-json.ts'
import { junitGate } from './junit.ts'
import { markdownGate } from './markdown.ts'

/** Paths; undefined for what nobody wants. */
export interface OutputFiles {
  /** Others write to it, too: appended to. */
  readonly stepSummary?: string | undefined
  readonly md?: string | undefined
  readonly junit?: string | undefined
  readonly benchmarkJson?: string | undefined
}

/**
 * Writes the files that are wanted, each whole or not at all, whatever becomes of the others.
 * @returns a line for each that could not be written
 */
export function writeOutputs(result: GateResult, files: OutputFiles): string[] {
  const writers: [string | undefined, (path: string) => void][] = [
    [files.stepSummary, path => appendFileSync(path, markdownGate(result))],
    [files.md, path => replaceFile(path, markdownGate(result))],
    [files.junit, path => replaceFile(path, junitGate(result))],
    [files.benchmarkJson, path => replaceFile(path, benchmarkJson(result))],
  ]
  return writers.flatMap(([path, write]) => {
    if (path === undefined || path === '') return []
    return writeOutput(path, write)
  })
}
