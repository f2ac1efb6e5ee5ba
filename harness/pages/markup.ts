import { printable } from '../printable.ts'

/** Text that is markup already: nothing in it is escaped again. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Piece = string | number | Markup | readonly Piece[]

/** Markup with whatever is put into it escaped, whoever named it; lists are put together. */
export function html(literals: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  const texts = literals.map((literal, i) => literal + (i in pieces ? pieceText(pieces[i]) : ''))
  return new Markup(texts.join(''))
}

export const nothing = new Markup('')

/** For text and for attributes in quotes. */
export function escaped(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, character => entities[character])
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function pieceText(piece: Piece): string {
  if (piece instanceof Markup) return piece.text
  return typeof piece === 'object' ? piece.map(pieceText).join('') : escaped(String(piece))
}
