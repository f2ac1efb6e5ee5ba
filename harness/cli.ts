#!/usr/bin/env node
import { Command } from '@commander-js/extra-typings'
import { calibrateCommand } from './commands/calibrate.ts'
import { compareCommand } from './commands/compare.ts'
import { conformCommand } from './commands/conform.ts'
import { doctorCommand } from './commands/doctor.ts'
import { gateCommand } from './commands/gate.ts'
import { listCommand } from './commands/list.ts'
import { mergeCommand } from './commands/merge.ts'
import { peerCommand } from './commands/peer.ts'
import { profileCommand } from './commands/profile.ts'
import { reportCommand } from './commands/report.ts'
import { runCommand } from './commands/run.ts'
import { serveCommand } from './commands/serve.ts'
import { simulateCommand } from './commands/simulate.ts'
import { traceCommand } from './commands/trace.ts'
import { toolIdentity } from './environment.ts'
import { exitCodes } from './errors.ts'
import { exitOnSignals } from './interruption.ts'
import { exitWhenStdoutFails, print } from './print.ts'

const program = new Command('sockbench')
  .description('Measures socket abstractions: the same workload through interchangeable backends.')
  .version(toolIdentity().version)
  .addCommand(runCommand())
  .addCommand(reportCommand())
  .addCommand(compareCommand())
  .addCommand(profileCommand())
  .addCommand(gateCommand())
  .addCommand(mergeCommand())
  .addCommand(calibrateCommand())
  .addCommand(conformCommand())
  .addCommand(simulateCommand())
  .addCommand(traceCommand())
  .addCommand(serveCommand())
  .addCommand(peerCommand())
  .addCommand(listCommand())
  .addCommand(doctorCommand())
  .addHelpText(
    'after',
    '\nExit codes: 0 fine, 1 a run failed, 2 usage, 3 regression, 4 inconclusive or invalid, 130 interrupted.',
  )

// commander exits with 1 for bad usage, which here means that a run failed.
for (const command of [program, ...program.commands]) {
  const name = command === program ? 'sockbench' : `sockbench ${command.name()}`
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.usage))
  command.configureOutput({
    writeOut: print,
    outputError: (text, write) => write(`${oneLine(text)} (see ${name} --help)\n`),
  })
}

try {
  exitOnSignals()
  exitWhenStdoutFails()
  // Progress that nobody reads any more is no reason to stop measuring.
  process.stderr.on('error', () => {})
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = codeOf(error)
}
// Not left to the event loop running dry: after a bug, children and their channels may be left.
process.stdout.write('', () => setImmediate(() => process.exit()))

/** "error: unknown option '--marge'\n(Did you mean --margin?)\n" */
function oneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, 'sockbench: ')
    .replaceAll('\n', ' ')
}

/** Expected failures carry an exit code, and their message is one line; anything else is a bug. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'exitCode' in error ? `sockbench: ${error.message}` : (error.stack ?? error.message)
}

function codeOf(error: unknown): number {
  const hasCode = error instanceof Error && 'exitCode' in error
  return hasCode && typeof error.exitCode === 'number' ? error.exitCode : exitCodes.runFailed
}
