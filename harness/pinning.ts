import { getAffinity } from '../implementations/sock/affinity.ts'
import { readText } from './machine-files.ts'

/** CPU numbers. */
export interface Pinning {
  driver: number[]
  subject: number[]
}

/**
 * Driver and subjects on CPUs of different cores, where there are such: two threads of one core slow
 * each other down, by an amount that depends on both. Null where there is just one CPU.
 */
export function choosePinning(
  cpus: readonly number[] = getAffinity(),
  siblingsOf: (cpu: number) => readonly number[] = readSiblings,
): Pinning | null {
  const [driver, ...others] = cpus
  if (others.length === 0) return null
  const siblings = siblingsOf(driver)
  const subject = others.find(cpu => !siblings.includes(cpu)) ?? others[0]
  return { driver: [driver], subject: [subject] }
}

/** Of a pair that shares a core, what that means; undefined for any other. */
export function sharedCoreWarning(
  pinning: Pinning | null,
  siblingsOf: (cpu: number) => readonly number[] = readSiblings,
): string | undefined {
  if (pinning === null) return 'driver and subjects share the one CPU: wall time means little'
  const [driver] = pinning.driver
  const [subject] = pinning.subject
  if (!siblingsOf(driver).includes(subject)) return undefined
  return `CPUs ${driver} (driver) and ${subject} (subjects) are threads of one core: the driver's work shows in the subjects' CPU time`
}

/** The CPUs that share a core with this one, itself included; from sysfs, as in '0,4' or '0-1'. */
function readSiblings(cpu: number): number[] {
  const text = readText(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`)
  if (text === null) return [cpu]
  return text
    .trim()
    .split(',')
    .flatMap(range => {
      const [from, to = from] = range.split('-').map(Number)
      return Array.from({ length: to - from + 1 }, (_, i) => from + i)
    })
}
