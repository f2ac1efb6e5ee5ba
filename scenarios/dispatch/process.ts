/** One isolate in which the loop of one backend is measured: started by the harness with an IPC channel. */
import { setFlagsFromString } from 'node:v8'
import { findBackend } from '../../implementations/registry.ts'
import { keepLargeMemoryLazy } from '../../implementations/sock/lazy-memory.ts'
import { Companions } from './companions.ts'
import type { IsolateAnswer, IsolateRequest } from './isolate-protocol.ts'
import { measureDispatch } from './measure.ts'

// As in every subject.
setFlagsFromString('--interrupt-budget=16000')
// A thousand connections have 24 GiB, of which next to nothing is used.
keepLargeMemoryLazy()

process.on('message', (request: IsolateRequest) => {
  if (request.kind === 'stop') return process.exit(0)
  const backend = findBackend(request.backend)
  if (backend === undefined) throw new Error(`no backend ${request.backend}`)
  const companions = request.consumers === 'all' ? new Companions(backend) : undefined
  companions?.warmUp()
  const costs = measureDispatch(backend)
  process.send?.({ kind: 'measured', costs } satisfies IsolateAnswer)
})
// The harness is gone: nobody reads what would still be measured.
process.on('disconnect', () => process.exit(1))
// Ctrl-C reaches the whole process group; it is the harness that stops its children in good order.
process.on('SIGINT', () => {})
