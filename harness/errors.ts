/** What the process answers its caller with. */
export const exitCodes = {
  fine: 0,
  runFailed: 1,
  usage: 2,
  regression: 3,
  /** Inconclusive or invalid, and `--strict` was asked for. */
  undecided: 4,
  interrupted: 130,
} as const

/** The caller asked for something that does not exist or makes no sense. One line, no stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly exitCode = exitCodes.usage
}

/** The request was fine and the run could not be done or finished. One line, no stack. */
export class RunError extends Error {
  override readonly name = 'RunError'
  readonly exitCode = exitCodes.runFailed
}

/** The user, or the system, asked to stop. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly exitCode = exitCodes.interrupted
}
