import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { UsageError } from '../errors.ts'
import type { SockbenchConfig } from './define-config.ts'
import { parseConfig } from './schema.ts'

export interface LoadedConfiguration {
  /** As it was given, or its name in the directory; null if there is none. */
  readonly path: string | null
  readonly config: SockbenchConfig
}

/**
 * The configuration in `file`, or in the one `sockbench.config.{js,mjs,json}` of the directory, if any:
 * those above it are not looked at.
 * @throws UsageError, one line, for a file that is not there, cannot be read or run, or says what
 * cannot be, and for two of them in one directory
 */
export async function loadConfiguration({
  file,
  directory,
}: {
  readonly file?: string | undefined
  readonly directory: string
}): Promise<LoadedConfiguration> {
  const path = file ?? onlyFileIn(directory)
  if (path === null) return { path, config: {} }
  return { path, config: parseConfig(await contentOf(path, directory), path) }
}

const names = ['js', 'mjs', 'json'].map(extension => `sockbench.config.${extension}`)
const typed = ['ts', 'mts', 'cts'].map(extension => `sockbench.config.${extension}`)

function onlyFileIn(directory: string): string | null {
  const entries = readdirSync(directory)
  const found = names.filter(name => entries.includes(name))
  if (found.length > 1) {
    throw new UsageError(
      `${found.join(' and ')} are in one directory: keep one, or name one with --config`,
    )
  }
  if (found.length === 1) return found[0]
  const unread = typed.find(name => entries.includes(name))
  if (unread !== undefined) throw notRead(unread)
  return null
}

async function contentOf(path: string, directory: string): Promise<unknown> {
  const file = resolve(directory, path)
  const extension = extname(file)
  if (!['.js', '.mjs', '.json'].includes(extension)) throw notRead(path)
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) throw new UsageError(`${path}: no such file`)
  if (!stat.isFile()) throw new UsageError(`${path}: not a file`)
  return extension === '.json' ? parsedJson(file, path) : await defaultExport(file, path)
}

function notRead(path: string): UsageError {
  const typescript = ['.ts', '.mts', '.cts'].includes(extname(path))
  const kind = typescript ? 'TypeScript' : `a "${extname(path)}" file`
  return new UsageError(
    `${path}: ${kind} is not read; write sockbench.config.js, .mjs or .json` +
      (typescript ? ', with defineConfig for the types' : ''),
  )
}

function parsedJson(file: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const failed = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read'
    throw new UsageError(`${path}: ${failed}: ${firstLine(error)}`)
  }
}

async function defaultExport(file: string, path: string): Promise<unknown> {
  const module = await imported(file, path)
  if (!('default' in module)) {
    throw new UsageError(`${path}: has no default export; write export default { … }`)
  }
  if (typeof module.default === 'function') {
    throw new UsageError(
      `${path}: exports a function; export the object itself, or a promise of it`,
    )
  }
  try {
    return await module.default
  } catch (error) {
    throw new UsageError(`${path}: the exported promise was rejected: ${firstLine(error)}`)
  }
}

async function imported(file: string, path: string): Promise<{ readonly default?: unknown }> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw new UsageError(`${path}: cannot be loaded: ${firstLine(error)}`)
    }
    const hint = isModuleSyntax(error)
      ? '; name it .mjs, or put "type": "module" into package.json'
      : ''
    throw new UsageError(`${path}: does not parse: ${firstLine(error)}${hint}`)
  }
}

/** Node takes a .js file for CommonJS unless the nearest package.json says otherwise. */
function isModuleSyntax({ message }: SyntaxError): boolean {
  return (
    message === "Unexpected token 'export'" || message.startsWith('Cannot use import statement')
  )
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0]
}
