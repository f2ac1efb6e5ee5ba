/** The driver process of the `ibd` scenario: serves the subjects with blocks. */
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import { type PreparationReport, type Prepared, runDriver } from '../driver-process.ts'
import { BlockServer } from './block-server.ts'
import { loadOrBuildChain } from './chain-cache.ts'
import { ChainParametersError } from './chain-profile.ts'
import type { DownloadPreparation } from './index.ts'
import { pinChain } from './send-queue.ts'
import { Subjects } from './subjects.ts'

let subjects: Subjects | undefined

runDriver<DownloadPreparation>({
  prepare,
  listen: (subject, protocol, connections) => withChain().listen(subject, protocol, connections),
  awaitReady: subject => withChain().awaitReady(subject),
  serveSlice: (subject, blocks) => withChain().serveSlice(subject, blocks),
  release: subject => withChain().release(subject),
})

async function prepare(
  { socketBufferBytes, ...parameters }: DownloadPreparation,
  { warn, onProgress }: PreparationReport,
): Promise<Prepared> {
  try {
    const chain = await loadOrBuildChain(parameters, { warn, onProgress })
    const network = new PosixNetwork(createSyscallCounts())
    const server = new BlockServer(network, { socketBufferBytes })
    subjects = new Subjects(server, pinChain(chain))
    return { state: 'prepared', chainFile: null }
  } catch (error) {
    if (error instanceof ChainParametersError) return { state: 'failed', reason: error.message }
    throw error
  }
}

function withChain(): Subjects {
  if (!subjects) throw new Error('the driver could not prepare its chain')
  return subjects
}
