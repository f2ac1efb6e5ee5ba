/** Scenarios whose work is a chain, which has an end. */
const downloading: readonly string[] = ['ibd', 'mixed']

/** A slice takes a few milliseconds; at this rate the chain of a window is prepared in about as long. */
const SLICES_PER_SECOND = 90
/** A chain has 500,000 blocks at most, a slice 500. */
const MOST_SLICES = 900

/** A chain that is long enough for the window, more or less, unless somebody has said how long. */
export function slicesForWindow(
  scenario: string,
  settings: readonly string[],
  windowMs: number,
): string[] {
  if (!downloading.includes(scenario)) return []
  if (settings.some(setting => setting.startsWith('slices='))) return []
  const slices = Math.ceil((windowMs / 1000) * SLICES_PER_SECOND)
  return [`slices=${Math.min(MOST_SLICES, Math.max(2, slices))}`]
}
