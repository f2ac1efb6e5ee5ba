/** The driver process of the `mixed` scenario: serves the subjects blocks, and asks them for replies. */
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import { type PreparationReport, type Prepared, runDriver } from '../driver-process.ts'
import { loadOrWriteServedChain } from '../http/served-chain.ts'
import { BlockServer } from '../ibd/block-server.ts'
import { loadOrBuildChain } from '../ibd/chain-cache.ts'
import { ChainParametersError } from '../ibd/chain-profile.ts'
import { pinChain } from '../ibd/send-queue.ts'
import { LatencyHistogram } from '../latency/histogram.ts'
import { MixedSubjects } from './mixed-subjects.ts'
import type { MixedPreparation } from './preparation.ts'

let subjects: MixedSubjects | undefined

runDriver<MixedPreparation>({
  prepare,
  listen: (subject, protocol, connections) => prepared().listen(subject, protocol, connections),
  awaitReady: (subject, listening) => prepared().awaitReady(subject, listening),
  serveSlice: (subject, blocks) => prepared().serveSlice(subject, blocks),
  release: subject => prepared().release(subject),
})

async function prepare(
  { chain: parameters, mix }: MixedPreparation,
  report: PreparationReport,
): Promise<Prepared> {
  try {
    const served = await loadOrWriteServedChain(report)
    if (served.state === 'failed') return served
    const chain = await loadOrBuildChain(parameters, report)
    // The first one of a process takes its time.
    LatencyHistogram.empty().destroy()
    const network = new PosixNetwork(createSyscallCounts())
    const server = new BlockServer(network)
    subjects = new MixedSubjects(network, server, pinChain(chain), served.store, mix)
    return { state: 'prepared', chainFile: served.path }
  } catch (error) {
    if (error instanceof ChainParametersError) return { state: 'failed', reason: error.message }
    throw error
  }
}

function prepared(): MixedSubjects {
  if (subjects === undefined) throw new Error('the driver was not prepared')
  return subjects
}
