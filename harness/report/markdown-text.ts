import { markdownTable as tableOf } from 'markdown-table'
import { printable } from '../printable.ts'

/** What a verdict looks like at a glance. */
export const signs = { green: '🟢', neutral: '⚪', red: '🔴' } as const

/** GitHub-flavoured: cells that are escaped already, without padding, which only costs characters. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]) {
  return tableOf([head, ...rows], { alignDelimiters: false })
}

/**
 * One line that reads as it is, whoever wrote it: no markup, no HTML, no mathematics, nobody mentioned
 * and nothing linked to. GitHub looks for mentions, issues and addresses after the markup, so that only
 * something invisible inside keeps it from them.
 */
export function escapedMarkdown(text: string): string {
  return printable(text)
    .replaceAll(/[\\`*_|~[\]$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(LINKED, link => `${link}&#8203;`)
    .replace(/^([-+#=]|\d+[.)])(?= |$)/, startOfBlock)
}

/** The same inside of an HTML element, where nothing but HTML and links are looked for. */
export function escapedHtml(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(LINKED, link => `${link}&#8203;`)
}

/** Behind these, GitHub looks for the name of somebody, of an issue, or of a site. */
const LINKED = /@(?=[\w-])|#(?=\d)|\bGH-(?=\d)|\b(?:https?|ftp):(?=\/\/)|\bwww(?=\.)/gi

function startOfBlock(start: string): string {
  return `${start.slice(0, -1)}\\${start.slice(-1)}`
}

/** One line, with more backticks around than there are inside; CommonMark 6.1. Not for cells of tables. */
export function codeSpan(text: string): string {
  const line = printable(text)
  const runs = line.match(/`+/g) ?? []
  const fence = '`'.repeat(1 + Math.max(0, ...runs.map(run => run.length)))
  return runs.length === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`
}
