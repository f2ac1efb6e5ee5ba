import type { Config } from 'vega-lite'
import { html, Markup } from '../../pages/markup.ts'
import type { Chart } from './chart.ts'

/**
 * An SVG without styles of its own: its colours are the page's variables, so it follows light and dark.
 * Vega is loaded by the first one, which takes a third of a second.
 * @param id unique in the page
 */
export async function renderedChart(chart: Chart, id: string): Promise<Markup> {
  if (chart.narrow === undefined) return drawing(chart, chart.spec, id)
  const [spec, narrow] = [chart.spec, chart.narrow]
  return html`<div class="wide">${await drawing(chart, spec, id)}</div><div class="narrow">${await drawing(chart, narrow, `${id}-narrow`)}</div>`
}

async function drawing(chart: Chart, given: Chart['spec'], id: string): Promise<Markup> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')])
  const { spec } = vegaLite.compile({ ...given, config })
  const view = new vega.View(vega.parse(spec), { renderer: 'none' })
  try {
    return named(await view.toSVG(), chart, id)
  } finally {
    view.finalize()
  }
}

const config = {
  background: 'transparent',
  font: 'sans-serif',
  padding: 4,
  view: { stroke: 'var(--line)' },
  axis: {
    labelColor: 'var(--ink)',
    titleColor: 'var(--soft)',
    titleFontWeight: 'normal',
    labelFontSize: 11,
    titleFontSize: 11,
    gridColor: 'var(--grid)',
    domainColor: 'var(--line)',
    tickColor: 'var(--line)',
    labelLimit: 400,
  },
  legend: {
    labelColor: 'var(--ink)',
    titleColor: 'var(--soft)',
    titleFontWeight: 'normal',
    labelFontSize: 11,
    titleFontSize: 11,
    labelLimit: 400,
    symbolStrokeWidth: 2,
    symbolSize: 160,
  },
  title: { color: 'var(--ink)', fontSize: 12, fontWeight: 'normal', anchor: 'start', offset: 4 },
  text: { color: 'var(--ink)', fontSize: 11 },
  concat: { spacing: 14 },
} satisfies Config

/** With a name and a description, in place of the roles and labels that Vega gives to each part. */
function named(svg: string, { title, description }: Chart, id: string): Markup {
  const [, width, height, inside] =
    /^<svg [^>]*? width="([\d.]+)" height="([\d.]+)" [^>]*>(.*)<\/svg>$/s.exec(svg) ?? []
  if (inside === undefined) throw new Error('Vega wrote an SVG of another form')
  const marks = new Markup(lean(inside))
  return html`<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc><g>${marks}</g></svg>`
}

/** Without what is invisible; marks that are described show that when the pointer rests on them. */
function lean(inside: string): string {
  return inside
    .replaceAll(/<path class="(?:back|fore)ground"[^>]*? display="none"\/>/g, '')
    .replaceAll(/<path class="background"[^>]*? d="M0,0h0v0h0Z"[^>]*?\/>/g, '')
    .replaceAll(
      /<(path|line|rect) aria-label="([^"]*)" ([^>]*)\/>/g,
      (_, tag: string, label: string, rest: string) =>
        `<${tag} ${rest}><title>${label}</title></${tag}>`,
    )
    .replaceAll(/<[a-z]+ [^<>]*>/g, tag =>
      tag.replaceAll(/ (?:role|aria-[a-z]+|pointer-events)="[^"]*"/g, ''),
    )
}
