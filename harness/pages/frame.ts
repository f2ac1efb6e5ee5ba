import { createHash } from 'node:crypto'
import { escaped, type Markup } from './markup.ts'

export interface PageParts {
  title: string
  /** What stands in `<body>`; a script of ours finds everything there by its id or class. */
  body: Markup
  styles: string
  script: string
}

/**
 * A page in one file. Its policy lets nothing be fetched, and nothing run or style it but what is named
 * here by its hash: whatever else got into the page stays text. https://www.w3.org/TR/CSP3/
 */
export function framedPage({ title, body, styles, script }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(styles)}'`,
    `script-src '${hashOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<style>${styles}</style>
</head>
<body>
${body.text}
<script>${script}</script>
</body>
</html>
`
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
