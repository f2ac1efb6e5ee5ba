import { lowerCase, matchMore } from './header-match.ts'

/**
 * What of a request's header fields matters to its parser. Names and values come in pieces; no
 * other field is kept.
 */
export class RequestFields {
  /** Whether any field has started. */
  started = false
  hosts = 0
  /** In bytes; of the digits so far, for llhttp judges their form. 0 without the field. */
  contentLength = 0
  transferCoding: 'none' | 'chunked' | 'other' = 'none'
  expect: 'none' | '100-continue' | 'other' = 'none'

  private name: FieldName | 'other' = 'other'
  private at: 'name' | 'value' = 'value'
  /** Bytes of the current name or value that are as looked for, see `matchMore`. */
  private matched = 0

  clear(): void {
    this.started = false
    this.hosts = 0
    this.contentLength = 0
    this.transferCoding = 'none'
    this.expect = 'none'
    this.at = 'value'
  }

  addName(memory: Uint8Array, at: number, length: number): void {
    if (this.at === 'value') {
      this.at = 'name'
      this.started = true
      this.name = 'other'
      this.matched = 0
    }
    if (this.matched === 0) this.name = candidate(lowerCase(memory[at]))
    if (this.name === 'other') this.matched = -1
    else this.matched = matchMore(memory, at, length, this.name, this.matched)
  }

  addValue(memory: Uint8Array, at: number, length: number): void {
    if (this.at === 'name') this.startValue()
    switch (this.name) {
      case 'content-length':
        this.contentLength = readDecimal(memory, at, length, this.contentLength)
        break
      case 'transfer-encoding':
        this.matched = matchMore(memory, at, length, 'chunked', this.matched)
        this.transferCoding = this.matched === 'chunked'.length ? 'chunked' : 'other'
        break
      case 'expect':
        this.matched = matchMore(memory, at, length, '100-continue', this.matched)
        this.expect = this.matched === '100-continue'.length ? '100-continue' : 'other'
        break
    }
  }

  private startValue(): void {
    if (this.matched !== this.name.length) this.name = 'other'
    if (this.name === 'host') this.hosts += 1
    this.at = 'value'
    this.matched = this.isAnotherWord ? -1 : 0
  }

  /** Fields of one name are one list (RFC 9110, 5.2): whatever this one says, it is not the one word. */
  private get isAnotherWord(): boolean {
    if (this.name === 'transfer-encoding') return this.transferCoding !== 'none'
    return this.name === 'expect' && this.expect === 'other'
  }
}

type FieldName = 'host' | 'content-length' | 'transfer-encoding' | 'expect'

/** They all differ in the first letter. */
function candidate(firstLetter: number): FieldName | 'other' {
  switch (firstLetter) {
    case LETTER_H:
      return 'host'
    case LETTER_C:
      return 'content-length'
    case LETTER_T:
      return 'transfer-encoding'
    case LETTER_E:
      return 'expect'
    default:
      return 'other'
  }
}

function readDecimal(memory: Uint8Array, at: number, length: number, before: number): number {
  let value = before
  for (let i = at; i < at + length; i += 1) {
    const digit = memory[i] - DIGIT_0
    if (digit >= 0 && digit <= 9) value = value * 10 + digit
  }
  return value
}

const DIGIT_0 = 0x30
const LETTER_C = 0x63
const LETTER_E = 0x65
const LETTER_H = 0x68
const LETTER_T = 0x74
