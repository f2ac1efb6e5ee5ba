import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { toolIdentity } from '../environment.ts'
import { UsageError } from '../errors.ts'
import { type Revision, subjectProcess } from '../revision.ts'
import { isBuilt, subjectsOf } from './checkout.ts'

/**
 * A checkout of this project that is built, as it is.
 * @throws UsageError for what is no checkout, or is not built
 */
export function revisionOfDirectory(name: string, directory: string): Revision {
  if (!existsSync(join(directory, 'package.json'))) {
    throw new UsageError(`${directory} is no checkout of sockbench: it has no package.json`)
  }
  if (!isBuilt(directory)) {
    throw new UsageError(
      `${directory} is not built: it has no dist/harness/subject-process.js; ` +
        'run `npm ci && npm run build` there',
    )
  }
  const path = resolve(directory)
  const { gitSha, dirty } = identityOf(path)
  return {
    name,
    process: subjectsOf(path),
    spinsPerRecv: null,
    source: { name, ref: null, gitSha, dirty, directory: path, command: null },
  }
}

function identityOf(directory: string): ReturnType<typeof toolIdentity> {
  try {
    return toolIdentity(pathToFileURL(`${directory}/`))
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    throw new UsageError(`${directory} is no checkout of sockbench: its package.json: ${cause}`)
  }
}

/** The checkout that this sockbench runs from, as it is. */
export function headRevision(name: string): Revision {
  const { gitSha, dirty } = toolIdentity()
  return {
    name,
    process: subjectProcess,
    spinsPerRecv: null,
    source: { name, ref: null, gitSha, dirty, directory: null, command: null },
  }
}
