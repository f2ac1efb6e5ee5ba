import type { Frame } from '../frame.ts'
import type { SourceNames } from '../source-names.ts'

/** A stack that perf found a thread at, outermost function first. */
export interface NativeStack {
  thread: string
  frames: Frame[]
}

/**
 * Reads `perf script -F comm,tid,ip,sym,dso`: a line for each sample, its frames below it, innermost
 * first, and an empty line. What Node does before it enters a module's own code is left out.
 */
export function nativeStacks(text: string, names: SourceNames): NativeStack[] {
  return text.split('\n\n').flatMap(sample => {
    const [head, ...lines] = sample.split('\n').filter(line => line.trim() !== '')
    const thread = /^\s*(.+?)\s+\d+\s*$/.exec(head ?? '')?.[1]
    if (thread === undefined) return []
    const frames = lines.flatMap(line => frameOf(line, names)).reverse()
    const first = frames.findIndex(({ kind }) => kind !== 'Node and V8' && kind !== 'kernel')
    return [{ thread, frames: first < 0 ? frames.slice(-1) : frames.slice(first) }]
  })
}

function frameOf(line: string, names: SourceNames): Frame[] {
  const [, symbol, object] = /^\s*[0-9a-f]+ (.+) \((.+)\)$/.exec(line) ?? []
  if (symbol === undefined) return []
  // V8's map: 'JS:*name file:///path.js:line:column', with * + ^ ~ for how it was compiled.
  const [, functionName, url, lineText, columnText] =
    /^(?:JS|Script|Eval|Function|LazyCompile):[*+^~]?(\S*) ((?:file|node):\S+?):(\d+):(\d+)$/.exec(
      symbol,
    ) ?? []
  if (url !== undefined) {
    const call = {
      functionName,
      url,
      lineNumber: Number(lineText) - 1,
      columnNumber: Number(columnText) - 1,
    }
    return names.framesOf([call])
  }
  const kernel = object.startsWith('[')
  return [{ name: symbol, file: '', line: 0, kind: kernel ? 'kernel' : 'Node and V8' }]
}
