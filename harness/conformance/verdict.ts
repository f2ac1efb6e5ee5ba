/** What came of one utterance, sent in one way. */
export interface Checked {
  utterance: string
  cutting: string
  /** What came back, as far as it has to be the same whatever the cutting and whoever answers. */
  transcript: string
  /** What is wrong with it by the specification; undefined if nothing is. */
  problem: string | undefined
  /** What was said, for people. */
  conversation: string
}

/** The first pieces that were sent, a line each. */
export function said(pieces: readonly Uint8Array[]): string[] {
  return pieces.slice(0, SHOWN_PIECES).map(piece => `> ${quoted(piece)}`)
}

const SHOWN_PIECES = 4

/** `GET / HTTP/1.1\r\n`: bytes as a string literal, long ones cut. */
export function quoted(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('latin1')
  const text = JSON.stringify(shown).replace(
    /[\x7f-\xff]/g,
    byte => `\\x${byte.charCodeAt(0).toString(16)}`,
  )
  return bytes.length > SHOWN_BYTES ? `${text}… (${bytes.length} bytes)` : text
}

const SHOWN_BYTES = 300

/** What comes of the same utterance must not depend on how it was cut. */
export function judgeTogether(checked: readonly Checked[]): Checked[] {
  const wholeOf = new Map(
    checked.filter(({ cutting }) => cutting === 'whole').map(one => [one.utterance, one]),
  )
  return checked.map(one => {
    const whole = wholeOf.get(one.utterance)
    if (one.problem !== undefined || whole === undefined) return one
    if (one.transcript === whole.transcript) return one
    return { ...one, problem: `is answered otherwise than whole: ${whole.transcript}` }
  })
}
