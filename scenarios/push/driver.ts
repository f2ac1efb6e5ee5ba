/** The driver process of the `push` scenario: subscribes to the subjects, and times what arrives. */
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import { type Prepared, runDriver } from '../driver-process.ts'
import { LatencyHistogram } from '../latency/histogram.ts'
import { type PushPreparation, PushSubjects } from './push-subjects.ts'

let subjects: PushSubjects | undefined

runDriver<PushPreparation>({
  prepare,
  awaitReady: async (subject, listening) => prepared().awaitReady(subject, listening),
  serveSlice: (subject, pushes) => prepared().serveSlice(subject, pushes),
  release: subject => prepared().release(subject),
})

async function prepare(preparation: PushPreparation): Promise<Prepared> {
  subjects = new PushSubjects(new PosixNetwork(createSyscallCounts()), preparation)
  // The first one of a process takes 20 ms.
  LatencyHistogram.empty().destroy()
  return { state: 'prepared', chainFile: null }
}

function prepared(): PushSubjects {
  if (subjects === undefined) throw new Error('the driver was not prepared')
  return subjects
}
