/**
 * One line that drives neither a terminal nor a parser, whoever wrote it: control characters, and what
 * no XML may hold, are made visible.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}\u{FFFE}\u{FFFF}]/gu, character => {
    const code = character.charCodeAt(0).toString(16)
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`
  })
}
