import { encodePushRequest, type Push, pushesIn } from '../behaviour/pushes-in.ts'
import type { Expectation } from './expectation.ts'

/**
 * A request replaces what is left of the one before, whoever made that: so a subscriber gets at least as
 * many as its own last one, or any one of the others, asks for. 0 asks for nothing.
 * @param requests of each subscriber, in order
 */
export function expectPushes(requests: readonly (readonly number[])[]): readonly Expectation[] {
  const most = requests.flat().reduce((sum, messages) => sum + messages, 0)
  return requests.map((own, place) => {
    const last = own.findLast(messages => messages > 0) ?? 0
    const others = requests.filter((_, i) => i !== place).flat()
    const least = Math.min(last, ...others.filter(messages => messages > 0))
    return {
      bytes: Buffer.concat(own.map(encodePushRequest)),
      problemOf: ({ received, state }, { isAtRest, isUndisturbed }) => {
        const pushes = pushesIn(received)
        if (pushes === undefined) return 'was sent what is no push'
        const problem = problemOfOrder(pushes)
        if (problem !== undefined) return problem
        if (pushes.length > most) return `was pushed ${pushes.length} where at most ${most} are due`
        if (!isAtRest || !isUndisturbed) return undefined
        if (state !== 'open') return `was disconnected (${state})`
        if (received.length !== pushes.length * PROBE_BYTES) return 'was given a part of a push'
        if (pushes.length >= least) return undefined
        return `was pushed ${pushes.length} where at least ${least} are due`
      },
    }
  })
}

/** With its frame. */
const PROBE_BYTES = 32

function problemOfOrder(pushes: readonly Push[]): string | undefined {
  const wrong = pushes.findIndex(
    ({ sequence, intendedNs, pushedNs }, i) =>
      sequence !== i ||
      pushedNs < intendedNs ||
      (i > 0 && (intendedNs < pushes[i - 1].intendedNs || pushedNs < pushes[i - 1].pushedNs)),
  )
  return wrong < 0 ? undefined : `push ${wrong} is out of order: ${JSON.stringify(pushes[wrong])}`
}
