/** `a`, `a and b`, `a, b and c` */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`
}

/** Names behind each other, of many only the first: `a, b, c, d and 12 more`. */
export function fewOf(names: readonly string[]): string {
  const most = 4
  if (names.length <= most) return listed(names)
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`
}

/** The extremes, as they read: `40.8 to 50 µs`, or one of them where both read alike. */
export function rangeText(values: readonly number[], text: (value: number) => string): string {
  const [least, most] = [text(Math.min(...values)), text(Math.max(...values))]
  if (least === most) return most
  const [leastUnit, mostUnit] = [least, most].map(one => one.split(' ')[1])
  return `${leastUnit === mostUnit ? least.split(' ')[0] : least} to ${most}`
}
