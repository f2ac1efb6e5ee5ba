/**
 * Compares one more piece of a header name or value with `word`, which is in lower case, without
 * regard to case; white space after the word is ignored.
 * @param matched what it returned for the piece before, 0 for the first
 * @returns how many bytes of the word were found so far, -1 when it is another word
 */
export function matchMore(
  memory: Uint8Array,
  at: number,
  length: number,
  word: string,
  matched: number,
): number {
  let found = matched
  for (let i = at; i < at + length && found >= 0; i += 1) {
    if (found < word.length)
      found = lowerCase(memory[i]) === word.charCodeAt(found) ? found + 1 : -1
    else if (memory[i] !== SPACE && memory[i] !== TAB) found = -1
  }
  return found
}

/** For letters, digits and hyphens; no other byte of a header becomes one of those. */
export function lowerCase(byte: number): number {
  return byte | 0x20
}

const SPACE = 0x20
const TAB = 0x09
