import { type ComparedMetric, metricNames } from '../compared-metrics.ts'
import { fewOf, listed } from '../listed.ts'
import { change, marginText, percent } from '../quantities.ts'
import type { Answer } from './answer.ts'
import { type Concluded, isConcluded, type Judgement } from './judgement.ts'

/**
 * Of each pair of programs one answer for each verdict, over all workloads; then one for all that had
 * too few rounds. What is invalid is for `bias-answers.ts` to say.
 */
export function verdictAnswers(judgements: readonly Judgement[]): Answer[] {
  const concluded = judgements.filter(isConcluded)
  const pairs = [...new Set(judgements.map(({ pair }) => pair))]
  return [
    ...pairs.flatMap(pair => answersOfPair(concluded.filter(one => one.pair === pair))),
    ...tooFewAnswer(judgements.filter(({ metric }) => metric === 'cpu')),
  ]
}

/** The news first. */
const verdicts = ['slower', 'faster', 'equivalent', 'inconclusive'] as const

type ConcludedVerdict = (typeof verdicts)[number]

function answersOfPair(judgements: readonly Concluded[]): Answer[] {
  return verdicts.flatMap(verdict => {
    const alike = judgements.filter(one => one.verdict === verdict)
    if (alike.length === 0) return []
    return [{ verdict, text: `${alike[0].pair}: ${findings(alike, verdict)}` }]
  })
}

/**
 * `more CPU, +0.7 % […] in ibd (small, 1 peer); higher latency p99, …`. What is no news of other metrics
 * than CPU is only counted.
 */
function findings(judgements: readonly Concluded[], verdict: ConcludedVerdict): string {
  const isNews = verdict === 'slower' || verdict === 'faster'
  const metrics = [...new Set(judgements.map(({ metric }) => metric))]
  const told = metrics.filter(metric => isNews || metric === 'cpu' || !metrics.includes('cpu'))
  const counted = metrics.filter(metric => !told.includes(metric))
  const ofMetric = (metric: ComparedMetric) => judgements.filter(one => one.metric === metric)
  return [
    ...told.map(metric => findingText(ofMetric(metric), verdict)),
    ...(counted.length === 0
      ? []
      : [
          `the same of ${listed(
            counted.map(
              metric => `${metricNames[metric]} in ${workloads(ofMetric(metric).length)}`,
            ),
          )}`,
        ]),
  ].join('; ')
}

function findingText(judgements: readonly Concluded[], verdict: ConcludedVerdict): string {
  const [{ metric, marginPercent }] = judgements
  return `${openings[verdict](metric, marginText(marginPercent))}, ${placesText(judgements)}`
}

const openings: Record<ConcludedVerdict, (metric: ComparedMetric, margin: string) => string> = {
  slower: metric => `${isLatency(metric) ? 'higher' : 'more'} ${metricNames[metric]}`,
  faster: metric => `${isLatency(metric) ? 'lower' : 'less'} ${metricNames[metric]}`,
  equivalent: (metric, margin) => `no difference found above ${margin} in ${metricNames[metric]}`,
  inconclusive: (metric, margin) => `undecided at ±${margin} in ${metricNames[metric]}`,
}

function isLatency(metric: ComparedMetric): boolean {
  return metric === 'latencyP50' || metric === 'latencyP99'
}

/** So many are told one by one; of more, the two ends. */
const MOST_PLACES = 5

function placesText(judgements: readonly Concluded[]): string {
  if (judgements.length <= MOST_PLACES) return listed(judgements.map(placeText))
  const ordered = judgements.toSorted((one, other) => one.ratio - other.ratio)
  const [least, most] = [ordered[0], ordered[ordered.length - 1]]
  const some = ordered.some(({ warned }) => warned) ? '; see the warnings' : ''
  return (
    `in ${workloads(ordered.length)}, from ${placeText(least)} to ${placeText(most)}` +
    `${detectableRange(ordered)}${some}`
  )
}

function placeText(judgement: Concluded): string {
  const { ratio, low, high, workload } = judgement
  const remarks = remarksOn(judgement)
  const aside = remarks.length === 0 ? '' : ` (${remarks.join('; ')})`
  return `${change(ratio, low, high)} in ${workload}${aside}`
}

function remarksOn(judgement: Concluded): string[] {
  const { verdict, withinMargin, marginPercent, reason, mdePercent, warned } = judgement
  const isNews = verdict === 'slower' || verdict === 'faster'
  return [
    ...(isNews && withinMargin ? [`within ±${marginText(marginPercent)}`] : []),
    ...(verdict === 'inconclusive' && reason === 'tail' ? ['two ways of estimating disagree'] : []),
    ...(verdict === 'inconclusive' && mdePercent !== null
      ? [`smallest visible effect ${percent(mdePercent)}`]
      : []),
    ...(warned ? ['see the warnings'] : []),
  ]
}

/** Of what is undecided, what was too small to see. */
function detectableRange(judgements: readonly Concluded[]): string {
  const sizes = judgements.flatMap(({ verdict, mdePercent }) =>
    verdict === 'inconclusive' && mdePercent !== null ? [mdePercent] : [],
  )
  if (sizes.length === 0) return ''
  const [least, most] = [percent(Math.min(...sizes)), percent(Math.max(...sizes))]
  return `; smallest visible effects ${least} to ${most}`
}

function workloads(count: number): string {
  return `${count} ${count === 1 ? 'workload' : 'workloads'}`
}

/** Without an interval nothing is claimed, so no figure is given either: the tables have it. */
function tooFewAnswer(judgements: readonly Judgement[]): Answer[] {
  const open = judgements.filter(({ low, verdict }) => low === null && verdict !== 'invalid')
  const reasons = [...new Set(open.map(reasonOf))]
  const texts = reasons.map(reason => {
    const places = open.filter(one => reasonOf(one) === reason)
    return `${fewOf([...new Set(places.map(one => openPlace(one, judgements)))])} (${reason})`
  })
  if (texts.length === 0) return []
  const text = `no interval, so nothing is said of one program against another: ${texts.join('; ')}`
  return [{ verdict: 'inconclusive', text }]
}

function reasonOf({ reason = 'too few rounds' }: Judgement): string {
  return reason
}

/** With the pair where others in that workload have an interval. */
function openPlace({ pair, workload }: Judgement, all: readonly Judgement[]): string {
  const othersHave = all.some(one => one.workload === workload && one.low !== null)
  return othersHave ? `${pair} in ${workload}` : workload
}
