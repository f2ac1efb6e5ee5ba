import type { Verdict } from '../../record.ts'

/** Something that a record says, in words. */
export interface Answer {
  text: string
  /** What all that the text is about was found to be; null where it is no verdict on a comparison. */
  verdict: Verdict | null
}
