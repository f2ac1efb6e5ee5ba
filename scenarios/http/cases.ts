import { SettingError } from '../scenario.ts'
import type { Settings } from '../settings.ts'

interface Case {
  readonly name: string
  /** Of settings, where they are not given. */
  readonly values: Readonly<Record<string, string>>
  /** Where the usual number would take too long. */
  readonly rounds?: number
}

const oneConnection = { connections: '1', workers: '2' }
/** Enough for the 50 ms detector, and not many more. */
const enough = (slices: number) => ({ slices: `${slices}` })

/**
 * Workloads by name. In the last three requests wait for up to 50 ms: a worker thread has left something
 * to the socket thread, which sleeps in poll(2), and cannot wake it. With optimistic sends that is the
 * rest of a reply that the socket did not take whole, and the next of several pipelined requests.
 */
export const cases: readonly Case[] = [
  { name: 'keep-alive', values: {}, rounds: 6 },
  { name: 'workers', values: { workers: '2' }, rounds: 1 },
  { name: 'one-connection', values: oneConnection },
  { name: 'open-loop', values: { ...enough(21), load: 'open', workers: '2' }, rounds: 1 },
  { name: 'pipelined', values: { pipelining: '8' } },
  { name: 'new-connections', values: { connection: 'new' } },
  { name: 'slow-readers', values: { 'slow-readers': '16', workers: '2' } },
  {
    name: 'partial-send',
    values: { ...oneConnection, ...enough(7), request: 'block' },
    rounds: 1,
  },
  {
    name: 'queued-block',
    values: { ...oneConnection, ...enough(7), request: 'block', mode: 'queued' },
    rounds: 1,
  },
  {
    name: 'next-in-pipeline',
    values: { ...oneConnection, ...enough(15), pipelining: '8' },
    rounds: 1,
  },
]

/** What `npm run bench` measures. */
export const plan = ['keep-alive', 'workers', 'open-loop', 'partial-send']

/** Settings that say how much is measured, and not what. */
const amounts = ['slices', 'slice-requests']

/** The cases to begin with: those given, else the plan, else the first where something else is given. */
export function casesOf(given: Settings): string[] {
  const named = given.get('case')
  if (named !== undefined) return named.split(',')
  const isShaped = [...given.keys()].some(name => !amounts.includes(name))
  return isShaped ? [cases[0].name] : plan
}

/** @throws SettingError where there is no such case */
export function findCase(name: string): Case {
  const found = cases.find(one => one.name === name)
  if (found !== undefined) return found
  throw new SettingError(`case=${name}; known: ${cases.map(one => one.name).join(', ')}`)
}
