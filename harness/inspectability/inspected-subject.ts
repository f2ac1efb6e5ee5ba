/**
 * The process of a subject whose threads are looked at from within: the entry module of every subject,
 * and a probe that each of its threads loads before its own entry module. (An inspector's session in the
 * main thread reaches threads, too, but of what it and they say to each other some is lost in Node 20.)
 */
import { syncBuiltinESMExports } from 'node:module'
import threads from 'node:worker_threads'
import '../subject-process.ts'

const argv = process.argv.slice(2)
const execArgv = ['--import', new URL('./probe.js', import.meta.url).href]

threads.Worker = class extends threads.Worker {
  constructor(...[module, options]: ConstructorParameters<typeof threads.Worker>) {
    super(module, { ...options, execArgv, argv })
  }
}
syncBuiltinESMExports()
