import { existsSync } from 'node:fs'
import { Command } from '@commander-js/extra-typings'
import { exitCodes, RunError, UsageError } from '../errors.ts'
import type { GateResult } from '../gate/gate-result.ts'
import { annotations } from '../gate/outputs/annotations.ts'
import { type OutputFiles, writeOutputs } from '../gate/outputs/files.ts'
import { terminalGate } from '../gate/outputs/terminal.ts'
import { holdsGate, loadGate, saveMergedGate } from '../merge/gate-files.ts'
import { mergeGates } from '../merge/merge-gates.ts'
import { mergeRecords, shardOf } from '../merge/merge-records.ts'
import { missingShards } from '../merge/shards.ts'
import { print } from '../print.ts'
import { loadRecord, prepareStore, RecordError, runDirectory, saveRecord } from '../record-store.ts'
import { terminalReport, terminalStyle } from '../report/terminal.ts'
import { writePageBeside } from './record-page.ts'

export function mergeCommand() {
  return new Command('merge')
    .description(
      'put together the records, or the gate results, of shards: machines are told apart, never pooled',
    )
    .argument('<files...>', 'each a record.json, or each a gate.json, or the directories of them')
    .option('--out <dir>', 'where what is merged is kept', 'results')
    .option('--md <file>', 'of gates: write Markdown, as is appended to $GITHUB_STEP_SUMMARY')
    .option('--junit <file>', 'of gates: write JUnit XML')
    .option('--benchmark-json <file>', 'of gates: write what github-action-benchmark takes')
    .option('--json', 'print what is merged on stdout, and nothing else', false)
    .option('--no-color', 'no colours (as NO_COLOR)')
    .action(async (paths, options) => {
      const missing = paths.find(path => !existsSync(path))
      if (missing !== undefined) {
        throw new UsageError(`there is nothing at ${missing}: name a record.json or a gate.json`)
      }
      const gates = paths.filter(holdsGate)
      if (gates.length === paths.length) return mergeGateFiles(paths, options)
      const [gate] = gates
      if (gate !== undefined) {
        const other = paths.find(path => !gates.includes(path))
        throw new UsageError(
          `${gate} is the result of a gate, ${other} is not: merge each kind alone`,
        )
      }
      if ([options.md, options.junit, options.benchmarkJson].some(file => file !== undefined)) {
        throw new UsageError('--md, --junit and --benchmark-json are for the results of gates')
      }
      await mergeRecordFiles(paths, options)
    })
}

interface MergeOptions {
  out: string
  md?: string | undefined
  junit?: string | undefined
  benchmarkJson?: string | undefined
  json: boolean
  color: boolean
}

async function mergeRecordFiles(
  paths: readonly string[],
  { out, json, color }: MergeOptions,
): Promise<void> {
  const stored = paths.map(path => ({ path, content: loadRecord(path) }))
  const merged = mergeRecords(stored)
  prepareStore(out)
  // By the time of merging: the first record's own directory may be there, too.
  const directory = runDirectory(out, new Date().toISOString(), merged.tool.gitSha)
  const path = saveRecord(directory, merged)
  const style = styleOf(color)
  print(json ? `${JSON.stringify(merged)}\n` : terminalReport(merged, path, style))
  const page = await writePageBeside(path, merged)
  if (!json && typeof page === 'string') print(`page: ${page}\n`)
  const { length } = merged.failures
  const unfinished = [
    ...missingShards(stored.map(({ content }) => shardOf(content))),
    ...(length > 0 ? [`${length} subject(s) did not finish`] : []),
  ]
  if (unfinished.length > 0) throw new RunError(`${unfinished.join('; ')}; see above`)
  if (typeof page !== 'string') throw page
}

/** A verdict is printed even where it cannot be kept; the exit code is the verdict's, if it is a regression. */
function mergeGateFiles(paths: readonly string[], options: MergeOptions): void {
  const merged = mergeGates(paths.map(path => ({ path, content: loadGate(path) })))
  const { md, junit, benchmarkJson, out, json, color } = options
  const stored = storeGate(out, merged)
  const stepSummary = process.env.GITHUB_STEP_SUMMARY
  const files: OutputFiles = { stepSummary, md, junit, benchmarkJson }
  const problems = [...stored.problems, ...writeOutputs(merged, files)]
  print(json ? `${JSON.stringify(merged)}\n` : terminalGate(merged, stored.path, styleOf(color)))
  if (process.env.GITHUB_ACTIONS === 'true') process.stderr.write(annotations(merged))
  for (const problem of problems) process.stderr.write(`sockbench: ${problem}\n`)
  const passes = problems.length === 0 || merged.exitCode === exitCodes.regression
  process.exitCode = passes ? merged.exitCode : exitCodes.runFailed
}

function storeGate(out: string, merged: GateResult): { path: string; problems: string[] } {
  try {
    return { path: saveMergedGate(out, merged), problems: [] }
  } catch (error) {
    if (error instanceof RecordError) return { path: 'not stored', problems: [error.message] }
    throw error
  }
}

function styleOf(color: boolean) {
  const style = terminalStyle(process.stdout, process.env)
  return { ...style, colour: style.colour && color }
}
