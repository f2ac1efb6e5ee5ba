/** The driver process of the `outbound-http` scenario: the payee that the subjects' wallets ask. */
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import { type Prepared, runDriver } from '../driver-process.ts'
import { LatencyHistogram } from '../latency/histogram.ts'
import type { PayeePreparation } from './payee.ts'
import { Payees } from './payees.ts'

let payees: Payees | undefined

runDriver<PayeePreparation>({
  prepare,
  listen: subject => prepared().listen(subject),
  awaitReady: subject => prepared().awaitReady(subject),
  serveSlice: (subject, requests) => prepared().serveSlice(subject, requests),
  release: subject => prepared().release(subject),
})

async function prepare(preparation: PayeePreparation): Promise<Prepared> {
  payees = new Payees(new PosixNetwork(createSyscallCounts()), preparation)
  // The first one of a process takes 20 ms.
  LatencyHistogram.empty().destroy()
  return { state: 'prepared', chainFile: null }
}

function prepared(): Payees {
  if (payees === undefined) throw new Error('the driver was not prepared')
  return payees
}
