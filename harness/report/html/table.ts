import { html, type Markup } from '../../pages/markup.ts'
import type { Table } from '../table.ts'
import { verdictSign } from './verdict-signs.ts'

/** In a box of its own that scrolls, and that the keyboard reaches. */
export function tableMarkup({ head, rows, verdicts }: Table, caption: string): Markup {
  const isText = head.map((_, column) => column === 0 || !rows.some(row => isFigure(row[column])))
  const classOf = (column: number) => (isText[column] ? 'text' : 'figure')
  return scrollBox(
    caption,
    html`<table><caption>${caption}</caption>
<thead><tr>${head.map((name, column) => html`<th scope="col" class="${classOf(column)}">${name}</th>`)}</tr></thead>
<tbody>${rows.map((row, i) => {
      const verdict = verdicts[i]
      return html`<tr>${row.map((cell, column) => {
        if (column === 0) return html`<th scope="row">${cell}</th>`
        const isVerdict = verdict !== null && column === row.length - 1
        return isVerdict
          ? html`<td class="text ${verdict}">${verdictSign(verdict)}${cell}</td>`
          : html`<td class="${classOf(column)}">${cell}</td>`
      })}</tr>
`
    })}</tbody></table>`,
  )
}

function isFigure(cell: string): boolean {
  return /^[+−]?\d/.test(cell)
}

export function scrollBox(name: string, content: Markup): Markup {
  return html`<div class="scroll" role="group" tabindex="0" aria-label="${name}">${content}</div>`
}
