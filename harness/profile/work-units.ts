import type { WorkUnit } from '../record.ts'

/** What CPU is divided by, and its name: of a stream of bytes, a megabyte. */
export const unitNames: Record<WorkUnit, string> = {
  GB: 'MB',
  message: 'message',
  request: 'request',
}

export function unitsOf(
  slices: readonly { bytes: number; messages: number }[],
  unit: WorkUnit,
): number {
  return slices.reduce(
    (sum, { bytes, messages }) => sum + (unit === 'GB' ? bytes / 1e6 : messages),
    0,
  )
}
