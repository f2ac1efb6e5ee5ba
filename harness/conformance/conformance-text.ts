import type { Checked } from './verdict.ts'

/** How one server did: its wrong answers first, each with what was said, then a line of sums. */
export function conformanceText(
  server: string,
  protocol: string,
  checked: readonly Checked[],
): string {
  const wrong = checked.filter(({ problem }) => problem !== undefined)
  const problems = utterancesOf(wrong).map(utterance =>
    problemText(wrong.filter(one => one.utterance === utterance)),
  )
  return [...problems, sumOf(server, protocol, checked)].map(part => `${part}\n`).join('')
}

/** How one did that is not judged. */
export function yardstickText(
  server: string,
  protocol: string,
  checked: readonly Checked[],
): string {
  const others = utterancesOf(checked.filter(({ problem }) => problem !== undefined))
  const differences = others.length === 0 ? '' : `; otherwise: ${others.join('; ')}`
  return `${sumOf(server, protocol, checked)}${differences} (a yardstick, not judged)\n`
}

function sumOf(server: string, protocol: string, checked: readonly Checked[]): string {
  const all = utterancesOf(checked).length
  const wrong = utterancesOf(checked.filter(({ problem }) => problem !== undefined)).length
  return (
    `${server}, ${protocol}: ${all - wrong} of ${all} inputs as specified, ` +
    `in ${checked.length.toLocaleString('en')} cuttings`
  )
}

function utterancesOf(checked: readonly Checked[]): string[] {
  return [...new Set(checked.map(({ utterance }) => utterance))]
}

/** One cutting of an input stands for all in which it went wrong. */
function problemText([shown, ...others]: readonly Checked[]): string {
  const { utterance, cutting, problem, conversation } = shown
  const more = others.length === 0 ? '' : `, and ${others.length} more cuttings`
  return `${utterance}, ${cutting}${more}: ${problem}\n${indented(conversation)}\n`
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ')
}

/** Whose answers are wrong, and how many of them. */
export function wrongSums(answers: ReadonlyMap<string, readonly Checked[]>): string[] {
  return [...answers].flatMap(([name, checked]) => {
    const wrong = checked.filter(({ problem }) => problem !== undefined).length
    return wrong === 0 ? [] : [`${name} ${wrong} of ${checked.length}`]
  })
}

/** Servers that are right may differ still: what each differs in from the first, a line each. */
export function disagreements(answers: ReadonlyMap<string, readonly Checked[]>): string[] {
  const [[firstName, first], ...others] = answers
  const transcripts = new Map(first.map(one => [inputOf(one), one.transcript]))
  return others.flatMap(([name, checked]) =>
    checked.flatMap(one => {
      // One of them may have broken off before it.
      const expected = transcripts.get(inputOf(one)) ?? one.transcript
      return one.transcript === expected
        ? []
        : [
            `${inputOf(one)}: ${firstName} and ${name} differ\n` +
              `${indented(`${firstName}: ${expected}\n${name}: ${one.transcript}`)}`,
          ]
    }),
  )
}

function inputOf({ utterance, cutting }: Checked): string {
  return `${utterance}, ${cutting}`
}
