import { framedPage } from '../../pages/frame.ts'
import { html, type Markup, nothing } from '../../pages/markup.ts'
import type { Answer } from '../answers.ts'
import type { ForestRow } from '../forest.ts'
import { metricName } from '../metric-names.ts'
import type { ReportModel, Section } from '../model.ts'
import { change } from '../quantities.ts'
import type { Table } from '../table.ts'
import type { RawData } from './raw-data.ts'
import { script } from './script.ts'
import { folded, listMarkup, sectionMarkup } from './section.ts'
import { seriesNamesOf } from './section-charts.ts'
import { styles } from './styles.ts'
import { tableMarkup } from './table.ts'
import { signsExplained, verdictSign } from './verdict-signs.ts'

/** What a page needs besides a model. */
export interface PageContext {
  title: string
  /** When and where, in one line. */
  about: string
  /** What is known of how often verdicts are wrong, in sentences. */
  calibration: readonly string[]
  /** Of each machine. */
  environments: readonly { name: string; traits: readonly (readonly [string, string])[] }[]
  /** Given so many characters, what the page offers for download, by name; null where it does not fit. */
  rawData: (mostCharacters: number) => { name: string; data: RawData | null }[]
}

/** A page must stay small enough to be sent. */
const MOST_CHARACTERS = 5_000_000

/** A whole report in one file that fetches nothing. */
export async function reportPage(model: ReportModel, context: PageContext): Promise<string> {
  const { title } = context
  let sections: Markup[] = []
  const framed = (data: Markup) =>
    framedPage({ title, body: bodyMarkup(model, context, sections, data), styles, script })
  let room = 0
  for (const mostDots of MOST_DOTS) {
    sections = await sectionsMarkup(model.sections, mostDots)
    room = MOST_CHARACTERS - Buffer.byteLength(framed(nothing)) - 10_000
    if (room >= 0) break
  }
  return framed(rawDataMarkup(context.rawData(room)))
}

/** Slices drawn of a subject: fewer where the page would be too large. */
const MOST_DOTS = [1_500, 300, 50]

async function sectionsMarkup(sections: readonly Section[], mostDots: number): Promise<Markup[]> {
  const names = seriesNamesOf(sections)
  const markups: Markup[] = []
  for (const [i, section] of sections.entries()) {
    markups.push(await sectionMarkup(section, `section-${i + 1}`, names, mostDots))
  }
  return markups
}

function bodyMarkup(
  model: ReportModel,
  { title, about, calibration, environments }: PageContext,
  sections: readonly Markup[],
  data: Markup,
): Markup {
  return html`<a class="skip" href="#main">Skip to the report</a>
<header><h1>${title}</h1><p class="about">${about}</p></header>
<nav aria-label="Contents"><ul>
${contentsOf(model).map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>\n`)}</ul></nav>
<main id="main">
${answersMarkup(model)}
${troubleMarkup('failures', 'Did not finish', model.failures)}
${troubleMarkup('warnings', 'Warnings', model.warnings)}
${sections}
${twinsMarkup(model.sections, calibration)}
<section aria-labelledby="reading"><h2 id="reading">How to read this</h2>
<dl>${signsExplained.map(([verdict, text]) => html`<dt>${verdictSign(verdict)}${verdict}</dt><dd>${text}</dd>`)}</dl>
<p>Each interval has 95 %, and is over rounds of fresh processes. Below six rounds there is none, and a point alone says little. An interval that spans 0 does not show that there is no difference: it shows, with 95 %, that there is none beyond its ends.</p>
</section>
<section aria-labelledby="origin"><h2 id="origin">Where this comes from</h2>
${provenanceMarkup(model.provenance)}
${environments.map(environmentMarkup)}
</section>
<section aria-labelledby="data"><h2 id="data">Raw data</h2>
${data}</section>
</main>
<footer><p id="status" role="status" class="soft"></p></footer>`
}

function contentsOf(model: ReportModel): [id: string, name: string][] {
  return [
    ['answers', 'In words'],
    ...(model.failures.length === 0 ? [] : [['failures', 'Did not finish'] as [string, string]]),
    ...(model.warnings.length === 0 ? [] : [['warnings', 'Warnings'] as [string, string]]),
    ...model.sections.map(({ title }, i): [string, string] => [`section-${i + 1}`, title]),
    ['twins', 'A/A′ and calibration'],
    ['reading', 'How to read this'],
    ['origin', 'Where this comes from'],
    ['data', 'Raw data'],
  ]
}

function answersMarkup({ answers, sections }: ReportModel): Markup {
  const twins = twinsIn(sections).filter(({ row }) => row.metric === 'cpu')
  return html`<section aria-labelledby="answers"><h2 id="answers">In words</h2>
${
  answers.length === 0
    ? html`<p>There is nothing to say: nothing was compared.</p>`
    : html`<ul class="verdicts">${answers.map(answerMarkup)}</ul>`
}
${
  twins.length === 0
    ? html`<p>No A/A′ pair: nothing here says what this machine calls no difference.</p>`
    : html`<p>The same program twice in the same rounds (A/A′), CPU: ${twins.map(({ title, row }) => `${title} ${changeOf(row)}`).join('; ')}.</p>`
}
</section>
`
}

function answerMarkup({ text, verdict }: Answer): Markup {
  return verdict === null
    ? html`<li>${verdictSign(null)}${text}</li>`
    : html`<li class="${verdict}">${verdictSign(verdict)}<span class="word">${verdict}</span> · ${text}</li>`
}

function troubleMarkup(id: string, title: string, lines: readonly string[]): Markup {
  if (lines.length === 0) return nothing
  const few = 12
  return html`<section class="trouble" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${listMarkup(lines.slice(0, few))}
${lines.length > few ? folded(`${lines.length - few} more`, listMarkup(lines.slice(few))) : nothing}
</section>
`
}

function twinsMarkup(sections: readonly Section[], calibration: readonly string[]): Markup {
  const twins = twinsIn(sections)
  const table = {
    head: ['workload', 'metric', 'A′ against A', 'verdict'],
    rows: twins.map(({ title, row }) => [title, metricName(row.metric), changeOf(row), row.words]),
    verdicts: twins.map(({ row }) => row.verdict),
  }
  return html`<section aria-labelledby="twins"><h2 id="twins">A/A′ and calibration</h2>
<p>The reference runs twice in each round, as A and A′, which nothing tells apart: what their figures differ by is what this machine calls no difference. Where the interval excludes 0, every verdict on that metric is invalid.</p>
${twins.length === 0 ? html`<p>No A/A′ pair in this record.</p>` : longTable(table, 'The reference against itself')}
<h3>How often verdicts are wrong</h3>
${listMarkup(calibration)}
</section>
`
}

function longTable(table: Table, caption: string): Markup {
  const most = 12
  const markup = tableMarkup(table, caption)
  return table.rows.length > most ? folded(`${caption}: ${table.rows.length} rows`, markup) : markup
}

function twinsIn(sections: readonly Section[]): { title: string; row: ForestRow }[] {
  return sections.flatMap(({ title, forest }) =>
    forest.filter(({ kind }) => kind === 'aa').map(row => ({ title: modeTitle(title, row), row })),
  )
}

/** Of pushes, a section has an A/A′ for each send mode, which its name begins with. */
function modeTitle(title: string, { name }: ForestRow): string {
  const mode = /^[a-z]+(?=: )/.exec(name)?.[0]
  return mode === undefined ? title : `${title}, ${mode}`
}

function changeOf({ ratio, interval }: ForestRow): string {
  const text = change(ratio, interval?.low ?? null, interval?.high ?? null)
  return interval === null ? `${text} (no interval)` : text
}

function provenanceMarkup(provenance: ReportModel['provenance']): Markup {
  return html`<dl>${provenance.map(({ name, text, isCommand }, i) =>
    isCommand === true
      ? html`<dt>${name}</dt><dd class="command"><pre id="command-${i}">${text}</pre><button type="button" hidden data-copy="command-${i}">Copy</button></dd>`
      : html`<dt>${name}</dt><dd>${text}</dd>`,
  )}</dl>
`
}

function environmentMarkup({ name, traits }: PageContext['environments'][number]): Markup {
  const rows = traits.map(([trait, value]) => [trait, value])
  const table = { head: ['', ''], rows, verdicts: rows.map(() => null) }
  return folded(name, tableMarkup({ ...table, head: ['what', 'value'] }, name))
}

function rawDataMarkup(files: ReturnType<PageContext['rawData']>): Markup {
  return html`${files.map(({ name, data }, i) => fileMarkup(name, data, `file-${i + 1}`))}
<noscript><p>Downloads need JavaScript; everything else does not.</p></noscript>
`
}

function fileMarkup(name: string, data: RawData | null, id: string): Markup {
  if (data === null) {
    return html`<p>${name} is too large for this page: take it from where it is stored.</p>`
  }
  const { fileName, content, leftOut } = data
  const kilobytes = Math.ceil((content.length * 3) / 4 / 1000)
  return html`<p>${
    leftOut === null
      ? `${name}, as it was analysed for this page: everything above can be computed from it again, with sockbench report.`
      : `${name}, without ${leftOut}.`
  }</p>
<p><button type="button" hidden data-file="${id}" data-name="${fileName}">Download ${fileName} (${kilobytes.toLocaleString('en-US')} kB)</button></p>
<template id="${id}">${content}</template>
`
}
