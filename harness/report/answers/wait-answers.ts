import { programName } from '../../program.ts'
import type { ScenarioResult, WaitVerdict } from '../../record.ts'
import { fewOf, listed, rangeText } from '../listed.ts'
import { percentOfOne } from '../quantities.ts'
import type { Answer } from './answer.ts'

/** What the 50 ms detector found: where the loop sends, where handlers do, and where there is nothing. */
export function waitAnswers(scenarios: readonly ScenarioResult[]): Answer[] {
  const judged = scenarios.filter(({ waits }) => waits.length > 0)
  const optimistic = judged.filter(isOptimistic)
  const others = judged.filter(result => !isOptimistic(result))
  const texts = [
    ...foundText('waits for the poll loop’s 50 ms timeout', others),
    ...foundText('in spite of optimistic sends, waits for the 50 ms timeout', optimistic),
    ...noneText('with optimistic sends, no waits for the 50 ms timeout found', optimistic),
    ...noneText('in other send modes, no waits for the 50 ms timeout found', others),
    ...unknownText(judged),
  ]
  return texts.map(text => ({ text, verdict: null }))
}

function isOptimistic({ parameters: { mode } }: ScenarioResult): boolean {
  return mode === undefined || mode === 'optimistic'
}

/** `title: 98 % of samples in push (…) (direct; not found of other)`, as the detector estimates shares. */
function foundText(title: string, results: readonly ScenarioResult[]): string[] {
  const places = results.flatMap(({ waits, ...result }) => {
    const shares = waits.flatMap(({ verdict }) =>
      verdict.state === 'waits' ? [verdict.waitingShare] : [],
    )
    if (shares.length === 0) return []
    const clean = namesOf(waits, 'none')
    const others = clean.length === 0 ? '' : `; not found of ${listed(clean)}`
    const share = rangeText(shares, percentOfOne)
    return [
      `${share} of samples in ${nameOf(result)} (${listed(namesOf(waits, 'waits'))}${others})`,
    ]
  })
  return places.length === 0 ? [] : [`${title}: ${fewOf(places)}`]
}

function noneText(title: string, results: readonly ScenarioResult[]): string[] {
  const clean = results.filter(({ waits }) =>
    waits.every(({ verdict }) => verdict.state === 'none'),
  )
  return clean.length === 0 ? [] : [`${title}: ${fewOf(clean.map(nameOf))}`]
}

function unknownText(results: readonly ScenarioResult[]): string[] {
  const unknown = results.flatMap(result => {
    const few = namesOf(result.waits, 'too-few')
    if (few.length === 0) return []
    const who = few.length === result.waits.length ? 'all' : listed(few)
    return [`${nameOf(result)} (${who})`]
  })
  return unknown.length === 0 ? [] : [`too few samples to tell of waits: ${fewOf(unknown)}`]
}

function namesOf(waits: ScenarioResult['waits'], state: WaitVerdict['state']): string[] {
  return waits.filter(({ verdict }) => verdict.state === state).map(programName)
}

function nameOf({ scenario, label }: Pick<ScenarioResult, 'scenario' | 'label'>): string {
  return `${scenario} (${label})`
}
