import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * Writes a file whole or not at all: to a temporary name beside it, then flushed, then renamed. What
 * was there before stays as it was when anything fails. A link stays, and what it leads to is replaced.
 * Devices and pipes, and the file that this process prints to, are written to instead: they are not this
 * file's to replace.
 */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const there = statSync(path, { throwIfNoEntry: false })
  if (there === undefined) return replaceRegular(path, content)
  if (!there.isFile()) return writeFileSync(path, content)
  const printed = [STDOUT, STDERR].find(fd => isSameFile(fstatSync(fd), there))
  if (printed === undefined) replaceRegular(realpathSync(path), content)
  else writeFileSync(printed, content)
}

const STDOUT = 1
const STDERR = 2

function isSameFile(one: Stats, other: Stats): boolean {
  return one.dev === other.dev && one.ino === other.ino
}

function replaceRegular(path: string, content: string | Uint8Array): void {
  const bytes = Buffer.from(content)
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  try {
    // A leftover; or a link that somebody put there, to have another file written.
    rmSync(temporary, { force: true })
    const fd = openSync(temporary, 'wx')
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
