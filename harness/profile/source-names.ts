import { existsSync, readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CallFrame } from './cpu-profile.ts'
import { type Frame, kindOf } from './frame.ts'
import { CUT_OFF } from './what-it-does.ts'

/**
 * From V8's stacks of compiled code to frames with TypeScript's names, files and lines, by the source
 * maps and the code beside them. Files are told from their checkout's root, so that two revisions of
 * one agree.
 */
export class SourceNames {
  readonly #modules = new Map<string, Module>()
  readonly #frames = new Map<string, Frame>()

  /** @param stack outermost first */
  framesOf(stack: readonly CallFrame[]): Frame[] {
    const frames: Frame[] = []
    for (const call of stack) {
      const caller = frames.at(-1)
      frames.push(isForeign(call) ? foreignFrame(call, caller) : this.#frameOf(call))
    }
    return frames
  }

  #frameOf(call: CallFrame): Frame {
    const key = `${call.url}:${call.lineNumber}:${call.columnNumber}:${call.functionName}`
    const known = this.#frames.get(key)
    if (known !== undefined) return known
    const frame = this.#resolved(call)
    this.#frames.set(key, frame)
    return frame
  }

  #resolved({ functionName, url, lineNumber, columnNumber }: CallFrame): Frame {
    if (!url.startsWith('file:')) {
      const file = url.startsWith('node:') ? url : ''
      return { name: functionName || '(anonymous)', file, line: lineNumber + 1, kind: kindOf(file) }
    }
    const module = this.#moduleOf(url)
    const name = qualifiedName(functionName, module.lines, lineNumber)
    const entry = module.map?.findEntry(lineNumber, columnNumber)
    const original = entry !== undefined && 'originalLine' in entry ? entry.originalLine : null
    const line = (original ?? lineNumber) + 1
    return { name, file: module.file, line, kind: kindOf(module.file) }
  }

  #moduleOf(url: string): Module {
    const known = this.#modules.get(url)
    if (known !== undefined) return known
    const module = readModule(fileURLToPath(url))
    this.#modules.set(url, module)
    return module
  }
}

interface Module {
  /** Its source's, from its checkout's root. */
  file: string
  map: SourceMap | undefined
  /** Of the compiled code. */
  lines: string[]
}

function readModule(path: string): Module {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  const mapPath = `${path}.map`
  if (!existsSync(mapPath)) return { file: fromRoot(path), map: undefined, lines }
  const payload = JSON.parse(readFileSync(mapPath, 'utf8')) as SourceMapPayload
  const source = resolve(dirname(path), payload.sourceRoot ?? '', payload.sources[0] ?? path)
  return { file: fromRoot(source), map: new SourceMap(payload), lines }
}

/** The root is where the nearest package.json is: every checkout has one, and so has each dependency. */
function fromRoot(path: string): string {
  for (let directory = dirname(path); directory !== dirname(directory); ) {
    if (existsSync(resolve(directory, 'package.json'))) return relative(directory, path)
    directory = dirname(directory)
  }
  return path
}

/** No JavaScript: a function of koffi's, of Node's or of V8's. */
function isForeign({ url, functionName }: CallFrame): boolean {
  return url === '' && !functionName.startsWith('(')
}

/**
 * All functions of koffi's share one address, and V8 names it after the one that was made last: what is
 * called is known by the wrapper that calls.
 */
function foreignFrame({ functionName }: CallFrame, caller: Frame | undefined): Frame {
  if (caller?.file === POSIX_SOCK) {
    const method = caller.name.slice(caller.name.lastIndexOf('.') + 1)
    const name = systemCalls[method] ?? `system call of ${caller.name}`
    return { name, file: '', line: 0, kind: 'system call' }
  }
  if (caller?.file === LIBC) {
    return { name: 'koffi.errno', file: '', line: 0, kind: 'Node and V8' }
  }
  if (caller === undefined) return { name: CUT_OFF, file: '', line: 0, kind: 'system call' }
  return { name: functionName || '(native)', file: '', line: 0, kind: 'Node and V8' }
}

const LIBC = 'implementations/sock/libc.ts'
const POSIX_SOCK = 'implementations/sock/posix-sock.ts'

const systemCalls: Readonly<Record<string, string>> = {
  waitMany: 'poll(2)',
  recv: 'recv(2)',
  send: 'send(2)',
  sendVector: 'sendmsg(2)',
  accept: 'accept4(2)',
  connect: 'connect(2)',
  close: 'close(2)',
  signal: 'write(2)',
  drain: 'read(2)',
}

/**
 * With the class around a method, or the function around a nameless one: by indentation, which the
 * compiler keeps.
 */
function qualifiedName(name: string, lines: readonly string[], line: number): string {
  const around = enclosing(lines, line)
  if (name === '') return around === undefined ? '(anonymous)' : `(anonymous in ${around.name})`
  return around?.isClass === true ? `${around.name}.${name}` : name
}

function enclosing(
  lines: readonly string[],
  line: number,
): { name: string; isClass: boolean } | undefined {
  let indent = indentOf(lines[line] ?? '')
  for (let at = line - 1; at >= 0 && indent > 0; at--) {
    const text = lines[at]
    if (text.trim() === '' || indentOf(text) >= indent) continue
    indent = indentOf(text)
    const className = /\bclass (\w+)/.exec(text)?.[1]
    if (className !== undefined) return { name: className, isClass: true }
    const functionName =
      /\bfunction\*? (\w+)/.exec(text)?.[1] ??
      /^\s+(?:async |static |get |set )*(#?\w+)\(.*\) \{$/.exec(text)?.[1]
    const isBlock = functionName !== undefined && blocks.has(functionName)
    if (functionName !== undefined && !isBlock) return { name: functionName, isClass: false }
  }
  return undefined
}

const blocks: ReadonlySet<string> = new Set(['if', 'for', 'while', 'switch', 'catch', 'with'])

function indentOf(text: string): number {
  return text.length - text.trimStart().length
}
