import { handlerThreads, socketThreads } from '../implementations/backend.ts'

export type ThreadRole = 'socket' | 'handlers' | 'other'

const socketNames: readonly string[] = Object.values(socketThreads)
const handlerNames: readonly (string | undefined)[] = Object.values(handlerThreads)

/** What a thread of this name does in a subject; as stored, so without a number. */
export function roleOf(threadName: string): ThreadRole {
  if (socketNames.includes(threadName)) return 'socket'
  return handlerNames.includes(threadName) ? 'handlers' : 'other'
}
