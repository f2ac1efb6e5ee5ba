import { type DoseResponse, doseResponse } from '../statistics/linear-fit.ts'
import { type MeanInterval, pairedTInterval } from '../statistics/student-t.ts'
import { type DosePercent, doses } from './blinding.ts'
import { isBiased, isConfirmed, isSuspected } from './looks.ts'
import { type Share, shareOf } from './share.ts'
import type { Experiment } from './stored.ts'

/** What became of everything that was planted. */
export interface Plants {
  experiments: number
  /** Experiments whose A/A′ excluded 0, which makes every verdict invalid: nothing is found in them. */
  invalid: number
  doses: DoseRow[]
  /** In per cent of the CPU; null below two experiments. */
  response: DoseResponse | null
  /** What arms with nothing planted were estimated to need more, in per cent; null below two. */
  bias: MeanInterval | null
  onePercent: {
    suspected: Share
    found: Share
    /** Null where not all that were suspected were measured again. */
    red: Share | null
  }
}

export interface DoseRow {
  dosePercent: DosePercent
  plants: number
  /** What was planted, as measured, and what was estimated, in per cent: means; null of nothing. */
  truePercent: number | null
  estimatePercent: number | null
  /** At the first look: the whole interval says that it needs more. */
  suspected: number
  /** The first look's verdict is `slower`. */
  found: number
  /** Null where not all that were suspected were measured again. */
  red: number | null
}

export function plantsOf(experiments: readonly Experiment[]): Plants {
  const all = experiments.flatMap(plantsIn)
  const of = (dose: DosePercent) => all.filter(({ dosePercent }) => dosePercent === dose)
  return {
    experiments: experiments.length,
    invalid: experiments.filter(({ first }) => isBiased(first)).length,
    doses: doses.map(dose => doseRow(dose, of(dose))),
    response: experiments.length < 2 ? null : doseResponse(experiments.map(pointsOf)),
    bias: biasOf(of(0)),
    onePercent: sharesOf(of(1)),
  }
}

/** One arm of one experiment, its key joined. */
interface Plant {
  dosePercent: DosePercent
  truePercent: number
  estimatePercent: number
  suspected: boolean
  found: boolean
  /** Null where it was suspected and not measured again. */
  red: boolean | null
}

function plantsIn({ first, confirmation, key, turnNs }: Experiment): Plant[] {
  const nsPerTurn = (turnNs.before + turnNs.after) / 2
  return Object.entries(key).map(([arm, { dosePercent, spinsPerRecv }]) => {
    const { ratio, recvsPerByte, verdict, spinNs } = first.arms[arm]
    const plantedNsPerByte = (spinNs ?? spinsPerRecv * nsPerTurn) * recvsPerByte
    const suspected = isSuspected(first.arms[arm])
    return {
      dosePercent,
      truePercent: (100 * plantedNsPerByte) / first.reference.cpuNsPerByte,
      estimatePercent: 100 * (ratio - 1),
      suspected,
      found: verdict === 'slower',
      red: suspected && confirmation === null ? null : suspected && isConfirmed(arm, confirmation),
    }
  })
}

function doseRow(dosePercent: DosePercent, plants: readonly Plant[]): DoseRow {
  return {
    dosePercent,
    plants: plants.length,
    truePercent: meanOrNull(plants.map(({ truePercent }) => truePercent)),
    estimatePercent: meanOrNull(plants.map(({ estimatePercent }) => estimatePercent)),
    suspected: plants.filter(({ suspected }) => suspected).length,
    found: plants.filter(({ found }) => found).length,
    red: redOf(plants)?.successes ?? null,
  }
}

function sharesOf(plants: readonly Plant[]): Plants['onePercent'] {
  return {
    suspected: shareOf(plants, ({ suspected }) => suspected),
    found: shareOf(plants, ({ found }) => found),
    red: redOf(plants),
  }
}

/** Where those that were missed have a colour and the others have none, a share says nothing. */
function redOf(plants: readonly Plant[]): Share | null {
  if (plants.some(({ red }) => red === null)) return null
  return shareOf(plants, ({ red }) => red === true)
}

function pointsOf(experiment: Experiment) {
  return plantsIn(experiment).map(({ truePercent, estimatePercent }) => ({
    dose: truePercent,
    estimate: estimatePercent,
  }))
}

/** One in each experiment, so that they are independent. */
function biasOf(unplanted: readonly Plant[]): MeanInterval | null {
  if (unplanted.length < 2) return null
  return pairedTInterval(unplanted.map(({ estimatePercent }) => estimatePercent))
}

function meanOrNull(values: readonly number[]): number | null {
  if (values.length === 0) return null
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
