/** Lines of at most so many characters, where words allow it, with what they begin with. */
export function wrapped(
  text: string,
  columns: number | null,
  { first, others }: { first: string; others: string },
): string {
  if (columns === null) return `${first}${text}`
  const [start, ...words] = text.split(BREAK)
  const lines = [`${first}${start}`]
  for (const word of words) {
    const longer = `${lines[lines.length - 1]} ${word}`
    if (longer.length <= columns) lines[lines.length - 1] = longer
    else lines.push(`${others}${word}`)
  }
  return lines.join('\n')
}

/** Not within an interval, nor between a figure and its sign of per cent. */
const BREAK = / (?!%|[^[\]]{0,40}\])/
