import { z } from 'zod'
import { printable } from './printable.ts'
import type { SubjectAnswer } from './subject-protocol.ts'

const address = z.object({
  family: z.union([z.literal(4), z.literal(6)]),
  host: z.string(),
  port: z.int().min(1).max(65_535),
})

const longestReason = 300

/** One line, for records and terminals, of what may be a program's whole log. */
const reason = z.string().transform(text => printable(text.slice(0, longestReason)))

const tracedThread = z.object({
  thread: z.string(),
  startedNs: z.number(),
  endedNs: z.number(),
  dropped: z.number(),
  file: z.string(),
})

const subjectAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started'), listening: z.array(address) }),
  z.object({
    kind: z.literal('counts'),
    counts: z.record(z.string(), z.number().nonnegative()),
  }),
  z.object({ kind: z.literal('profiling') }),
  z.object({
    kind: z.literal('profiled'),
    files: z.array(z.object({ thread: z.string(), path: z.string() })),
  }),
  z.object({ kind: z.literal('trace-started') }),
  z.object({ kind: z.literal('trace-stopped'), threads: z.array(tracedThread) }),
  z.object({ kind: z.literal('peer-disconnected'), reason }),
  z.object({ kind: z.literal('failed'), reason }),
])

const shownChars = 80

/** What a subject said; one that says what is no answer, as another program may, has failed. */
export function readAnswer(message: unknown): SubjectAnswer {
  const parsed = subjectAnswer.safeParse(message)
  if (parsed.success) return parsed.data
  const said = printable((JSON.stringify(message) ?? String(message)).slice(0, shownChars))
  const reason = `it said ${said}, which is no answer in the protocol of subjects`
  return { kind: 'failed', reason }
}
