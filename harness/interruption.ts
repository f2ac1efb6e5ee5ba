import { exitCodes, Interrupted } from './errors.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * npm passes on a Ctrl-C that the terminal has sent to the whole process group anyway: signals that
 * follow the first this closely are the same key press.
 */
const echoMs = 300

const interruption = new AbortController()
let graceful = false
let listening = false
let firstAtMs: number | undefined

/**
 * Aborts, with an `Interrupted`, at the first SIGINT, SIGTERM or SIGHUP, so that a run can stop its
 * children and keep what is finished. The second exits at once, with the same exit code.
 */
export function interruptible(): AbortSignal {
  graceful = true
  exitOnSignals()
  return interruption.signal
}

/**
 * Makes these signals end the process through `process.exit`: left to their default action they end
 * it without an 'exit' event, and nothing would be cleaned up.
 */
export function exitOnSignals(): void {
  if (listening) return
  listening = true
  for (const signal of signals) process.on(signal, onSignal)
}

function onSignal(signal: NodeJS.Signals): void {
  const nowMs = performance.now()
  switch (meaningOfSignal({ graceful, firstAtMs, nowMs })) {
    case 'exit':
      process.exit(exitCodes.interrupted)
      break
    case 'stop':
      firstAtMs = nowMs
      interruption.abort(new Interrupted(`interrupted by ${signal}`))
      break
    case 'echo':
  }
}

/** `firstAtMs` is when the signal came that began the orderly stop, undefined before that. */
export function meaningOfSignal(at: {
  graceful: boolean
  firstAtMs: number | undefined
  nowMs: number
}): 'stop' | 'echo' | 'exit' {
  if (!at.graceful) return 'exit'
  if (at.firstAtMs === undefined) return 'stop'
  return at.nowMs < at.firstAtMs + echoMs ? 'echo' : 'exit'
}
