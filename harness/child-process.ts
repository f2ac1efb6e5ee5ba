import { type ChildProcess, fork } from 'node:child_process'
import { withAffinity } from '../implementations/sock/affinity.ts'
import { type Channel, spawnCommand } from './command-channel.ts'
import { adoptGroup, releaseGroup, signalGroup } from './reaper.ts'
import { StderrTail, tellingLine } from './stderr-tail.ts'

/** How long the pipe of a dead child's stderr may stay open, held by somebody who left its group. */
const stderrDrainMs = 500
const unreadLimit = 256

/** What is started: a compiled module, or a command of the shell. */
export type Launch = Module | { command: string }

interface Module {
  module: URL
  args?: readonly string[]
  /** Options of Node and V8. */
  execArgv?: readonly string[]
}

export type ChildOptions = Launch & {
  /** The CPUs it may run on, or null: wherever the kernel likes. */
  cpus: readonly number[] | null
  /** What becomes of each message before anybody hears of it; without it, nothing. */
  read?: (message: unknown) => unknown
}

/**
 * Starts a child with an IPC channel, in a process group of its own that dies with this process. A
 * child that could not be started is one that has exited (`not-started`).
 */
export async function startChild({ cpus, read, ...launch }: ChildOptions): Promise<Child> {
  // V8 starts threads before any script runs, so the child has to inherit the affinity
  const channel =
    cpus === null ? startWithChannel(launch) : withAffinity(cpus, () => startWithChannel(launch))
  const child = new Child(channel, read ?? (message => message))
  if (channel.process.pid === undefined) await child.exited
  return child
}

function startWithChannel(launch: Launch): Channel {
  return 'command' in launch ? spawnCommand(launch.command) : forkModule(launch)
}

function forkModule({ module, args = [], execArgv = [] }: Module): Channel {
  const forked = fork(module, args, {
    detached: true,
    execArgv: [...execArgv],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  return {
    process: forked,
    send: message => forked.send(message, () => {}),
    onMessage: listener => forked.on('message', listener),
  }
}

export type ChildState =
  | { state: 'running' }
  | { state: 'stopping' }
  | { state: 'exited'; reason: ExitReason }

/** With the last 16 KiB of what it wrote to stderr. */
export type ExitReason = Ending & { stderr: string }

type Ending =
  | { kind: 'code'; code: number }
  | { kind: 'signal'; signal: NodeJS.Signals }
  | { kind: 'not-started'; message: string }

/** 'killed by SIGKILL', 'exit code 139: last words on stderr'. */
export function describeExit(reason: ExitReason): string {
  const line = tellingLine(reason.stderr)
  return line === '' ? howItEnded(reason) : `${howItEnded(reason)}: ${line}`
}

function howItEnded(reason: ExitReason): string {
  switch (reason.kind) {
    case 'code':
      return `exit code ${reason.code}`
    case 'signal':
      return `killed by ${reason.signal}`
    case 'not-started':
      return `could not be started (${reason.message})`
  }
}

export type NoReply =
  | { state: 'exited'; reason: ExitReason }
  | { state: 'timeout'; timeoutMs: number }
export type Reply<R> = { state: 'replied'; message: R } | NoReply

/** 'no answer within 5000 ms', or how the child ended. */
export function describeNoReply(failure: NoReply): string {
  return failure.state === 'timeout'
    ? `no answer within ${failure.timeoutMs} ms`
    : describeExit(failure.reason)
}

export class Child {
  /** -1 if it could not be started. */
  readonly pid: number
  /** Never rejects. */
  readonly exited: Promise<ExitReason>
  readonly #channel: Channel
  readonly #listeners = new Set<(message: unknown) => void>()
  readonly #waiters = new Set<(message: unknown) => boolean>()
  readonly #unread: unknown[] = []
  #state: ChildState = { state: 'running' }
  #stopped: Promise<ExitReason> | undefined

  constructor(channel: Channel, read: (message: unknown) => unknown) {
    this.#channel = channel
    const { pid } = channel.process
    this.pid = pid ?? -1
    if (pid !== undefined) adoptGroup(pid)
    channel.onMessage(message => this.#deliver(read(message)))
    this.exited = whenGone(channel.process).then(reason => {
      this.#state = { state: 'exited', reason }
      return reason
    })
  }

  get state(): ChildState {
    return this.#state
  }

  /** Fire and forget: a child that cannot be reached any more is reported by `exited`. */
  send(message: object): void {
    if (this.#state.state !== 'exited') this.#channel.send(message)
  }

  /**
   * Sends, then waits for the first message after that for which `isReply` holds. After a timeout
   * the answer may still come and be taken for the answer to the next request: stop the child.
   */
  request<R>(
    message: object,
    isReply: (message: unknown) => message is R,
    timeoutMs: number,
  ): Promise<Reply<R>> {
    const reply = this.#nextMessage(isReply, timeoutMs)
    this.send(message)
    return reply
  }

  /** Waits for a message the child sends by itself, such as its first; one already here counts. */
  async waitFor<R>(
    isReply: (message: unknown) => message is R,
    timeoutMs: number,
  ): Promise<Reply<R>> {
    const message = this.#unread.find(isReply)
    if (message === undefined) return this.#nextMessage(isReply, timeoutMs)
    this.#unread.splice(this.#unread.indexOf(message), 1)
    return { state: 'replied', message }
  }

  /** Every message from now on, whoever else waits for it; answers a function that ends it. */
  onMessage(listener: (message: unknown) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * `{ kind: 'stop' }`, after `graceMs` SIGTERM to the group, after as long again SIGKILL. Whoever
   * calls it again gets the same answer.
   */
  stop({ graceMs }: { graceMs: number }): Promise<ExitReason> {
    this.#stopped ??= this.#stopStepByStep(graceMs)
    return this.#stopped
  }

  async #stopStepByStep(graceMs: number): Promise<ExitReason> {
    if (this.#state.state === 'running') this.#state = { state: 'stopping' }
    this.send({ kind: 'stop' })
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await settlesWithin(this.exited, graceMs)) break
      signalGroup(this.pid, signal)
    }
    return this.exited
  }

  #nextMessage<R>(
    isReply: (message: unknown) => message is R,
    timeoutMs: number,
  ): Promise<Reply<R>> {
    return new Promise(resolve => {
      const finish = (reply: Reply<R>) => {
        clearTimeout(timer)
        this.#waiters.delete(take)
        resolve(reply)
      }
      const take = (message: unknown) => {
        if (!isReply(message)) return false
        finish({ state: 'replied', message })
        return true
      }
      const timer = setTimeout(() => finish({ state: 'timeout', timeoutMs }), timeoutMs)
      this.#waiters.add(take)
      void this.exited.then(reason => finish({ state: 'exited', reason }))
    })
  }

  #deliver(message: unknown): void {
    for (const listener of this.#listeners) listener(message)
    for (const take of this.#waiters) if (take(message)) return
    this.#unread.push(message)
    if (this.#unread.length > unreadLimit) this.#unread.shift()
  }
}

/** Resolves when the child, its group and its stderr are gone. */
async function whenGone(forked: ChildProcess): Promise<ExitReason> {
  const stderr = new StderrTail()
  forked.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
  const closed = new Promise(resolve => forked.once('close', resolve))
  const ending = await new Promise<Ending>(resolve => {
    forked.once('exit', (code, signal) => {
      // what it left behind goes too, or it would keep stderr open
      if (forked.pid !== undefined) releaseGroup(forked.pid)
      resolve(signal === null ? { kind: 'code', code: code ?? 0 } : { kind: 'signal', signal })
    })
    // 'error' is also a message that could not be delivered, and 'exit' tells the rest of that story
    forked.on('error', error => {
      if (forked.pid === undefined) resolve({ kind: 'not-started', message: error.message })
    })
  })
  await settlesWithin(closed, stderrDrainMs) // the last of stderr comes after 'exit'
  forked.stderr?.destroy()
  return { ...ending, stderr: stderr.text }
}

async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>(resolve => {
    timer = setTimeout(resolve, timeoutMs, false)
  })
  const inTime = await Promise.race([promise.then(() => true), late])
  clearTimeout(timer)
  return inTime
}
