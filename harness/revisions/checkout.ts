import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { START_TIMEOUT_MS, type SubjectProcess } from '../revision.ts'

/** Of the compiled file, dist/harness/revisions/checkout.js: where this sockbench runs from. */
export const ownCheckout = fileURLToPath(new URL('../../../', import.meta.url))

const subjectModule = join('dist', 'harness', 'subject-process.js')

export function isBuilt(checkout: string): boolean {
  return existsSync(join(checkout, subjectModule))
}

/** The subjects of a checkout that is built. */
export function subjectsOf(checkout: string): SubjectProcess {
  const module = pathToFileURL(join(checkout, subjectModule))
  return { module, startTimeoutMs: START_TIMEOUT_MS }
}

/** Whether two checkouts want the very same dependencies. */
export function haveSameLockfile(one: string, other: string): boolean {
  const [lock, otherLock] = [one, other].map(lockfileOf)
  return lock !== null && otherLock !== null && lock.equals(otherLock)
}

function lockfileOf(checkout: string): Buffer | null {
  const path = join(checkout, 'package-lock.json')
  return existsSync(path) ? readFileSync(path) : null
}
