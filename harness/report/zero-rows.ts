import { absent, type Table } from './table.ts'

/** A table without its rows of nothing but zeros, which are told in a line: that nothing waited is news, too. */
export function withoutZeroRows(table: Table): { table: Table; zeros: string | null } {
  const isZero = ([, ...figures]: readonly string[]) =>
    figures.some(figure => figure === '0') &&
    figures.every(figure => figure === '0' || figure === absent)
  const kept = table.rows.flatMap((row, at) => (isZero(row) ? [] : [at]))
  if (kept.length === table.rows.length) return { table, zeros: null }
  const names = table.rows.filter(isZero).map(([name]) => name)
  return {
    table: {
      head: table.head,
      rows: kept.map(at => table.rows[at]),
      verdicts: kept.map(at => table.verdicts[at]),
    },
    zeros: `0 wherever counted: ${names.join(', ')}`,
  }
}
