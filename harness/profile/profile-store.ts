import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { RunError } from '../errors.ts'
import { runDirectory } from '../record-store.ts'
import { replaceFile } from '../replace-file.ts'
import { foldedStacks } from './folded.ts'
import type { ProfileResult } from './profile-result.ts'
import type { ThreadTree } from './thread-trees.ts'

/**
 * Where a session keeps its files: made under another name, which is changed when all of them are
 * there. What is not finished goes when this process does.
 */
export class ProfileStore {
  /** `<base>/profiles/<UTC>-<short sha>`, once it is finished. */
  readonly directory: string
  readonly #unfinished: string
  readonly #discard = () => this.discard()

  /** @throws RunError where nothing can be kept */
  constructor(base: string, startedAt: string, gitSha: string | null) {
    const name = basename(runDirectory(base, startedAt, gitSha))
    const profiles = resolve(base, 'profiles')
    this.directory = join(base, 'profiles', name)
    this.#unfinished = join(profiles, `.${name}.${process.pid}.tmp`)
    try {
      mkdirSync(this.raw, { recursive: true })
    } catch (error) {
      throw new RunError(
        `cannot keep profiles in ${profiles}: ${causeOf(error)}; choose another place with --out`,
      )
    }
    process.on('exit', this.#discard)
  }

  /** Where subjects write their profiles: absolute, and only until `finish`. */
  get raw(): string {
    return join(this.#unfinished, 'raw')
  }

  /** @returns the path of the page */
  finish(result: ProfileResult, trees: readonly ThreadTree[], page: string): string {
    try {
      for (const [program, { slug }] of result.programs.entries()) {
        const directory = join(this.#unfinished, 'folded', slug)
        mkdirSync(directory, { recursive: true })
        for (const { thread, root } of trees) {
          writeFileSync(join(directory, `${thread}.folded`), foldedStacks(root, program))
        }
      }
      replaceFile(join(this.#unfinished, 'profile.json'), `${JSON.stringify(result, null, 1)}\n`)
      replaceFile(join(this.#unfinished, 'flamegraph.html'), page)
      renameSync(this.#unfinished, this.directory)
    } catch (error) {
      this.discard()
      throw new RunError(
        `cannot write ${this.directory}: ${causeOf(error)}; free space there, or choose another place with --out`,
      )
    }
    process.off('exit', this.#discard)
    return join(this.directory, 'flamegraph.html')
  }

  discard(): void {
    process.off('exit', this.#discard)
    rmSync(this.#unfinished, { recursive: true, force: true })
  }
}

function causeOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
