/** The driver process of the `http` scenario: asks the subjects, and compares their replies. */
import { type PreparationReport, type Prepared, runDriver } from '../driver-process.ts'
import { LatencyHistogram } from '../latency/histogram.ts'
import { HttpSubjects } from './http-subjects.ts'
import type { HttpPreparation } from './preparation.ts'
import { loadOrWriteServedChain } from './served-chain.ts'

let subjects: HttpSubjects | undefined

runDriver<HttpPreparation>({
  prepare,
  awaitReady: (subject, listening) => withChain().awaitReady(subject, listening),
  serveSlice: (subject, requests) => withChain().serveSlice(subject, requests),
  release: subject => withChain().release(subject),
})

async function prepare(preparation: HttpPreparation, report: PreparationReport): Promise<Prepared> {
  const chain = await loadOrWriteServedChain(report)
  if (chain.state === 'failed') return chain
  // The first one of a process takes its time.
  LatencyHistogram.empty().destroy()
  subjects = new HttpSubjects(preparation, chain.store)
  return { state: 'prepared', chainFile: chain.path }
}

function withChain(): HttpSubjects {
  if (!subjects) throw new Error('the driver could not prepare its chain')
  return subjects
}
