/** What repeats this run: the orders' seed is added where it was drawn. */
export function commandLine(seed: number): string {
  const given = process.argv.slice(2)
  const words = given.some(word => word.startsWith('--seed'))
    ? given
    : [...given, '--seed', String(seed)]
  return ['sockbench', ...words.map(quoted)].join(' ')
}

export function quoted(word: string): string {
  return /^[\w./:,=+@%-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
