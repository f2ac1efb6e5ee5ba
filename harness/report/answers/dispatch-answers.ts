import type { DispatchResult } from '../../dispatch/record.ts'
import { fewOf } from '../listed.ts'
import { change } from '../quantities.ts'
import type { Answer } from './answer.ts'

/** What a backend's loop would cost by itself, by the counts of the other scenarios. */
export function dispatchAnswers(dispatch: DispatchResult | null): Answer[] {
  if (dispatch === null) return []
  const { predictions } = dispatch
  if (predictions.length === 0) {
    const text =
      'dispatch: what each loop costs per event is in its table; no workload to predict from it was measured'
    return [{ text, verdict: null }]
  }
  const backends = [...new Set(predictions.map(({ backend }) => backend))]
  return backends.map(backend => {
    const own = predictions.filter(one => one.backend === backend)
    const places = own.map(({ scenario, label, predictedPercent, low, high }) => {
      const [middle, from, to] = [predictedPercent, low, high].map(percent => 1 + percent / 100)
      return `${change(middle, from, to)} in ${scenario} (${label})`
    })
    const text =
      `${backend} against ${own[0].baseline}, predicted from dispatch (its loop without a kernel; ` +
      `smallest and largest of the rounds): CPU ${fewOf(places)}`
    return { text, verdict: null }
  })
}
