import { UsageError } from '../errors.ts'
import { type Revision, START_TIMEOUT_MS } from '../revision.ts'

/**
 * Any command that speaks the subject protocol (`subject-protocol.ts` says how).
 * @throws UsageError for an empty one, and for one that the shell cannot exec
 */
export function revisionOfCommand(name: string, command: string): Revision {
  if (command.trim() === '') throw new UsageError(`the command of ${name} is empty; name a program`)
  if (/^\s*[A-Za-z_]\w*=/.test(command)) {
    throw new UsageError(
      `the command of ${name} starts with a variable, not a program: use env ${command.trim()}`,
    )
  }
  return {
    name,
    process: { command, startTimeoutMs: START_TIMEOUT_MS },
    spinsPerRecv: null,
    source: { name, ref: null, gitSha: null, dirty: null, directory: null, command },
  }
}
