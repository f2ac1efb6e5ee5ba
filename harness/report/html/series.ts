/** How a subject looks in every picture of a page: a colour, and a dash for those who see no colours. */
export interface Series {
  colour: string
  dash: number[]
}

/** Names in the order in which they get their looks: the same in every section. */
export type SeriesNames = readonly string[]

const dashes = [[], [7, 3], [2, 2], [10, 3, 2, 3], [4, 4], [12, 4], [1, 3]]

/** Colours come again after seven, and dashes with the next of them. */
export function seriesOf(names: SeriesNames, name: string): Series {
  const index = Math.max(0, names.indexOf(name))
  const turn = Math.floor(index / dashes.length)
  return {
    colour: `var(--series-${index % dashes.length})`,
    dash: dashes[(index + turn) % dashes.length],
  }
}

/** Scales for colour and dash of those that are drawn. */
export function seriesScales(names: SeriesNames, drawn: readonly string[]) {
  const all = drawn.map(name => seriesOf(names, name))
  return {
    colour: { domain: [...drawn], range: all.map(({ colour }) => colour) },
    dash: { domain: [...drawn], range: all.map(({ dash }) => dash) },
  }
}
