import { duration, figure } from '../report/quantities.ts'
import { absent, figureTable, type Table } from '../report/table.ts'
import { sectionText, type TerminalStyle } from '../report/terminal.ts'
import type { Stage } from './stages.ts'
import type { MessageSummary, TraceSummary } from './trace-summary.ts'

/** Tables of the wait in each stage, a section per workload, and what they say in words. */
export function traceText(summaries: readonly TraceSummary[], style: TerminalStyle): string {
  const titles = [...new Set(summaries.map(titleOf))]
  const sections = titles.map(title => {
    const ofWorkload = summaries.filter(summary => titleOf(summary) === title)
    return {
      title,
      tables: [stageTable(ofWorkload)],
      sentences: ofWorkload.flatMap(sentencesOf),
      forest: [],
    }
  })
  const cost = { title: costTitle, tables: [costTable(summaries)], sentences: [], forest: [] }
  return [...sections, cost].map(section => sectionText(section, style)).join('\n\n')
}

function titleOf({ scenario, label }: TraceSummary): string {
  return `${scenario}: ${label}`
}

const stageHead = ['backend', 'message', 'stage', 'count', 'mean', 'p50', 'p99', 'share']

function stageTable(summaries: readonly TraceSummary[]): Table {
  const rows = summaries.flatMap(({ backend, messages }) =>
    messages.flatMap(({ message, stages, count, meanNs }) => [
      ...stages.map(({ stage, count: ofStage, meanNs: mean, p50Ns, p99Ns, share }) => [
        backend,
        message,
        stage,
        String(ofStage),
        time(mean),
        time(p50Ns),
        p99Ns === null ? absent : time(p99Ns),
        shareCell(share),
      ]),
      [backend, message, 'whole', String(count), time(meanNs), '', '', '100 %'],
    ]),
  )
  return figureTable(stageHead, rows)
}

function sentencesOf(summary: TraceSummary): string[] {
  const { backend, messages, others, unfinished, droppedEvents, windowMs } = summary
  const { underWay, cutOff, refused, beganBefore } = unfinished
  const counts = [
    `${underWay} under way at its end`,
    ...(cutOff > 0 ? [`${cutOff} cut off by the end of their connection`] : []),
    ...(refused > 0 ? [`${refused} refused without a handler`] : []),
    ...(beganBefore > 0 ? [`${beganBefore} that began before it`] : []),
    ...others.map(({ message, count }) => `${count} × ${message}`),
  ]
  return [
    ...(messages.length === 0
      ? [`${backend}: no message went its whole way in the window; choose a longer --window`]
      : messages.map(message => whereItSits(backend, message))),
    `${backend}: a window of ${figure(windowMs)} ms; besides: ${counts.join(', ')}`,
    ...(droppedEvents > 0
      ? [
          `${backend}: a thread's ring was full, and ${droppedEvents} events were dropped: the window ends there; choose a shorter --window`,
        ]
      : []),
  ]
}

/** The stage in which the time sits: on average over all, also those that did not go through it. */
function whereItSits(backend: string, { message, stages, meanNs }: MessageSummary): string {
  const longest = stages.reduce((one, other) => (other.share > one.share ? other : one))
  return (
    `${backend}: of the ${time(meanNs)} of a ${message}, ${time(longest.share * meanNs)} ` +
    `(${shareCell(longest.share)}) is ${longest.stage}: ${stageMeanings[longest.stage]}`
  )
}

/** From what to what. */
const stageMeanings: Readonly<Record<Stage, string>> = {
  away: 'sent, and the poll(2) that tells of the reply has not returned: network, server, and a loop that does not ask',
  arriving: 'from the poll(2) that told of its first byte to the one that told of its last',
  'waiting for recv': 'poll(2) has told of it, and other sockets come first',
  recv: 'the system call that brought its last byte',
  parsing: 'from recv(2) to complete',
  'waiting for its turn':
    'pipelined: the request before it is not answered, or the loop has not gone on',
  publishing: 'complete, and what came with it is parsed first',
  'waiting for the handler': 'handed over, and its handler has not taken it up',
  'waiting for the source': 'its moment has come, and its handler has not begun to push it',
  handling: 'taken up, and no reply is queued',
  'waiting for send': 'queued, and no send(2) has begun that takes a byte of it',
  send: 'the system call that took its first byte',
  'waiting for the rest': 'partly sent, and the rest is left to the socket thread',
}

const costTitle =
  'CPU before the recorder was on, and with it, one process each: instrumented, and no result'

function costTable(summaries: readonly TraceSummary[]): Table {
  const rows = summaries.map(({ scenario, label, backend, cost }) => [
    `${scenario}: ${label}`,
    backend,
    String(cost.slices),
    perUnit(cost.off, cost.unit),
    perUnit(cost.on, cost.unit),
    `${figure(cost.on / cost.off)} ×`,
  ])
  return figureTable(['workload', 'backend', 'slices', 'off', 'on', 'on / off'], rows)
}

function perUnit(cost: number, unit: TraceSummary['cost']['unit']): string {
  return unit === 'GB' ? `${figure(cost)} s/GB` : `${figure(cost)} ns/${unit}`
}

/** With three digits: 99.7 % is not all. */
function shareCell(share: number): string {
  return `${figure(100 * share)} %`
}

function time(ns: number): string {
  return duration(ns / 1e3)
}
