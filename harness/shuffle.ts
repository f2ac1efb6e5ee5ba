/** Fisher–Yates, into a copy. @param random a generator of numbers in [0, 1) */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const copy = items.slice()
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const item = copy[i]
    copy[i] = copy[j]
    copy[j] = item
  }
  return copy
}
