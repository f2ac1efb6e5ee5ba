import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * Writes a file whole or not at all: to a temporary name beside it, then flushed, then renamed. What
 * was there before stays as it was when anything fails.
 */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const bytes = Buffer.from(content)
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  try {
    const fd = openSync(temporary, 'w')
    try {
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(fd, bytes, written)
      }
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
