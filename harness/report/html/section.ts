import { html, type Markup, nothing } from '../../pages/markup.ts'
import type { Section } from '../model.ts'
import type { Table } from '../table.ts'
import type { Chart } from './chart.ts'
import { renderedChart } from './render-chart.ts'
import { sectionCharts } from './section-charts.ts'
import type { SeriesNames } from './series.ts'
import { scrollBox, tableMarkup } from './table.ts'

/** A workload: what is compared, the figures, where the time went, and what lies behind it. */
export async function sectionMarkup(
  section: Section,
  id: string,
  names: SeriesNames,
  mostDots: number,
): Promise<Markup> {
  const { title, tables, sentences } = section
  const charts = sectionCharts(section, names, mostDots)
  let drawn = 0
  const draw = async (some: readonly Chart[]) => {
    const figures: Markup[] = []
    for (const chart of some) figures.push(await figureMarkup(chart, `${id}-${++drawn}`))
    return figures
  }
  const counts = tables.filter(isCounts)
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${await draw(charts.waits)}
${await draw(charts.forest)}
${listMarkup(sentences)}
${tables.filter(table => !isCounts(table)).map(table => tableMarkup(table, captionOf(title, table)))}
${await draw(charts.percentiles)}
${await draw(charts.threads)}
${counts.map(table => folded(`Counts ${table.head[0]}`, tableMarkup(table, captionOf(title, table))))}
${charts.dots.length === 0 ? nothing : folded('By round and by slice: drift and outliers', html`${await draw(charts.dots)}`)}
${charts.missing.length === 0 ? nothing : html`<div class="missing"><p>Not to be seen here:</p>${listMarkup(charts.missing)}</div>`}
</section>
`
}

async function figureMarkup(chart: Chart, id: string): Promise<Markup> {
  const svg = await renderedChart(chart, id)
  return html`<figure><figcaption>${chart.title}</figcaption>
${scrollBox(chart.title, svg)}
${chart.notes.length === 0 ? nothing : html`<ul class="notes">${chart.notes.map(note => html`<li>${note}</li>`)}</ul>`}
</figure>
`
}

export function listMarkup(lines: readonly string[]): Markup {
  if (lines.length === 0) return nothing
  return html`<ul>${lines.map(line => html`<li>${line}</li>`)}</ul>`
}

export function folded(summary: string, content: Markup): Markup {
  return html`<details><summary>${summary}</summary><div>${content}</div></details>
`
}

/** They are long, and answer the second question. */
function isCounts({ head }: Table): boolean {
  return head[0].startsWith('per ')
}

function captionOf(title: string, { head }: Table): string {
  return `${title}, ${head[0] === 'backend' ? 'by backend' : head[0]}`
}
