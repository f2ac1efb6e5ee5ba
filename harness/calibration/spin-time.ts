import { withAffinity } from '../../implementations/sock/affinity.ts'
import { SpinLoop } from '../../implementations/sock/spin-loop.ts'
import { median } from '../statistics/median.ts'

/** About what is planted after one recv, so that the cost of a call is in the figure, too. */
const TURNS_PER_CALL = 200
const CALLS_PER_BATCH = 1_000
const WARM_UP_BATCHES = 20
const BATCHES = 101

/**
 * How long a turn of the planted loop takes, in ns, on the CPUs of the subjects: the median over
 * batches of half a millisecond. Nothing else may run there.
 * @param cpus null: wherever this thread may run
 */
export function turnNs(cpus: readonly number[] | null): number {
  return cpus === null ? measuredTurnNs() : withAffinity(cpus, measuredTurnNs)
}

function measuredTurnNs(): number {
  const loop = new SpinLoop()
  for (let batch = 0; batch < WARM_UP_BATCHES; batch++) batchNs(loop)
  const batches = Array.from({ length: BATCHES }, () => batchNs(loop))
  return median(batches) / (CALLS_PER_BATCH * TURNS_PER_CALL)
}

function batchNs(loop: SpinLoop): number {
  const startNs = process.hrtime.bigint()
  for (let call = 0; call < CALLS_PER_BATCH; call++) loop.spin(TURNS_PER_CALL)
  return Number(process.hrtime.bigint() - startNs)
}
