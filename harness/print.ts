import { fstatSync, writeSync } from 'node:fs'
import { RunError } from './errors.ts'

const STDOUT = 1

/**
 * Prints on stdout, all of it or an error: Node's own stream takes no notice when a full disk takes
 * only a part of what is written to a file.
 * @throws RunError where stdout is a file that cannot take it
 */
export function print(text: string): void {
  if (!fstatSync(STDOUT).isFile()) {
    process.stdout.write(text)
    return
  }
  const bytes = Buffer.from(text)
  try {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(STDOUT, bytes, written)
    }
  } catch (error) {
    throw stdoutError(error as NodeJS.ErrnoException)
  }
}

/** Pipes and devices report what went wrong later, as an event of the stream. */
export function exitWhenStdoutFails(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const { message, exitCode } = stdoutError(error)
    // EPIPE: the reader has what it wanted, as in `sockbench list | head -1`
    if (error.code !== 'EPIPE') process.stderr.write(`sockbench: ${message}\n`)
    process.exit(exitCode)
  })
}

function stdoutError({ code }: NodeJS.ErrnoException): RunError {
  return new RunError(`cannot write to stdout: ${code}; free space there, or send it elsewhere`)
}
