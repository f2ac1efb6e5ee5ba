/**
 * The driver process: loads the subjects of the `ibd` scenario with blocks, steered by messages of
 * `driver-protocol.ts`. Started by the harness with an IPC channel.
 */
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import { BlockServer } from './block-server.ts'
import { loadOrBuildChain } from './chain-cache.ts'
import { type ChainParameters, ChainParametersError } from './chain-profile.ts'
import type { DriverAnswer, DriverRequest } from './driver-protocol.ts'
import { pinChain } from './send-queue.ts'
import { Subjects } from './subjects.ts'

let subjects: Subjects | undefined

process.on('message', async (request: DriverRequest) => {
  switch (request.kind) {
    case 'chain':
      return answer(await loadChain(request.parameters))
    case 'listen':
      return answer(withChain().listen(request))
    case 'await-ready':
      return answer(await withChain().awaitReady(request.subject))
    case 'slice':
      return answer(await withChain().serveSlice(request.subject, request.blocks))
    case 'release':
      return withChain().release(request.subject)
    case 'stop':
      return process.exit(0)
  }
})

// The harness is gone: nobody reads what would still be measured.
process.on('disconnect', () => process.exit(1))
// Ctrl-C reaches the whole process group; it is the harness that stops its driver in good order.
process.on('SIGINT', () => {})
// By a handler, so that the chain cache is never left half written.
process.on('SIGTERM', () => process.exit(143))

async function loadChain(parameters: ChainParameters): Promise<DriverAnswer> {
  if (subjects) throw new Error('the driver has its chain already')
  try {
    const chain = await loadOrBuildChain(parameters, {
      warn: line => answer({ kind: 'warning', line }),
      onProgress: (done, total) => answer({ kind: 'chain-progress', done, total }),
    })
    const server = new BlockServer(new PosixNetwork(createSyscallCounts()))
    subjects = new Subjects(server, pinChain(chain))
    return { kind: 'chain-ready', blocks: chain.blocks, tipHash: chain.tipHash }
  } catch (error) {
    if (error instanceof ChainParametersError)
      return { kind: 'chain-failed', reason: error.message }
    throw error
  }
}

function withChain(): Subjects {
  if (!subjects) throw new Error('the driver needs its chain first')
  return subjects
}

function answer(message: DriverAnswer): void {
  // The error, if any, is a channel closed by a harness that has gone; 'disconnect' follows.
  process.send?.(message, undefined, undefined, () => {})
}
