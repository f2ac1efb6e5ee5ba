import { existsSync } from 'node:fs'
import { dirname } from 'node:path'

/** @returns a line that says why not, if what was asked for could not be written */
export function writeOutput(path: string, write: (path: string) => void): string[] {
  try {
    write(path)
    return []
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    return [`cannot write ${path}: ${causeText(path, code)}`]
  }
}

function causeText(path: string, code: string): string {
  const directory = dirname(path)
  if (code === 'ENOENT' && !existsSync(directory)) {
    return `there is no directory ${directory}; make it, or name another place`
  }
  if (code === 'EISDIR') return 'it is a directory; name a file'
  return `${code}; make room, or name another place`
}
