import type { Workload } from '../../scenarios/scenario.ts'
import type { Life, Lives } from './lives.ts'
import { lifeName } from './message-names.ts'
import { type StageSummary, summarise } from './stages.ts'
import type { TracedSubject } from './trace-subjects.ts'
import type { TracingCost } from './tracing-cost.ts'

/** What a trace tells in figures: what is printed, and what `--json` gives. */
export interface TraceSummary {
  scenario: string
  label: string
  parameters: Workload['parameters']
  backend: string
  windowMs: number
  messages: MessageSummary[]
  /** Kinds of messages of which there were too few for figures: their names and counts. */
  others: { message: string; count: number }[]
  unfinished: Pick<Lives, 'underWay' | 'cutOff' | 'refused' | 'beganBefore'>
  droppedEvents: number
  cost: TracingCost
}

export interface MessageSummary {
  message: string
  count: number
  meanNs: number
  /** send(2) calls per message that took bytes of it. */
  sendsPerMessage: number
  stages: StageSummary[]
}

/** Of all messages; below that a kind is only counted. */
const LEAST_SHARE = 0.05

export function summaryOf(traced: TracedSubject & { state: 'traced' }): TraceSummary {
  const { workload, program, lives, cost } = traced
  const { finished, window, underWay, cutOff, refused, beganBefore, dropped } = lives
  const byName = new Map<string, Life[]>()
  for (const life of finished) {
    const name = lifeName(life)
    const sameName = byName.get(name)
    if (sameName === undefined) byName.set(name, [life])
    else sameName.push(life)
  }
  const kinds = [...byName].sort(([, one], [, other]) => other.length - one.length)
  const isRare = ([, ofKind]: [string, Life[]]) => ofKind.length < LEAST_SHARE * finished.length
  return {
    scenario: workload.scenario,
    label: workload.label,
    parameters: workload.parameters,
    backend: program,
    windowMs: (window.endNs - window.startNs) / 1e6,
    messages: kinds.filter(kind => !isRare(kind)).map(([name, ofKind]) => ofMessages(name, ofKind)),
    others: kinds.filter(isRare).map(([message, ofKind]) => ({ message, count: ofKind.length })),
    unfinished: { underWay, cutOff, refused, beganBefore },
    droppedEvents: dropped,
    cost,
  }
}

function ofMessages(message: string, lives: readonly Life[]): MessageSummary {
  const mean = (figure: (life: Life) => number) =>
    lives.reduce((sum, life) => sum + figure(life), 0) / lives.length
  return {
    message,
    count: lives.length,
    meanNs: mean(({ moments }) => moments[moments.length - 1].atNs - moments[0].atNs),
    sendsPerMessage: mean(({ sends }) => sends),
    stages: summarise(lives),
  }
}
