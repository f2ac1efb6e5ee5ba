import { syncBuiltinESMExports } from 'node:module'
import threads from 'node:worker_threads'

/**
 * Node loads what `--require` names into each worker thread, too. clinic's recorders know of no threads:
 * one in a worker empties the files that the main thread's has begun to write.
 */
export function keepPreloadsOutOfWorkers(): void {
  const { NODE_OPTIONS: _, ...env } = process.env
  threads.Worker = class extends threads.Worker {
    constructor(...[module, options]: ConstructorParameters<typeof threads.Worker>) {
      super(module, { ...options, execArgv: [], env })
    }
  }
  syncBuiltinESMExports()
}
