/** One function on a stack that stood still. */
export interface Frame {
  functionName: string
  /** Of its `this`; null where there is none. */
  className: string | null
  /** From the package's folder of compiled files on, or as Node names its own; with the line, from 1. */
  place: string
  /** The same for every call of the function. */
  identity: string
}

export function shortened(url: string): string {
  return url.replace(/^file:.*\/dist\//, '').replace(/\?.*$/, '')
}

/** 'P2pConnman.eventGotData', 'runSocketLoop' */
export function nameOf({ className, functionName }: Pick<Frame, 'className' | 'functionName'>) {
  const name = functionName === '' ? '(anonymous)' : functionName
  return className === null || className === 'Object' ? name : `${className}.${name}`
}

/**
 * The functions between two, on the way that control takes: from the one out to where their stacks part,
 * and in to the other. Where one is on the other's stack, that is straight.
 */
export function between(from: readonly Frame[], to: readonly Frame[]): Frame[] {
  const [outer, inner] = [from.toReversed(), to.toReversed()]
  let common = 0
  while (
    common < Math.min(outer.length, inner.length) &&
    outer[common].identity === inner[common].identity
  ) {
    common++
  }
  const out = outer.slice(common, -1).toReversed()
  const turn = common > 0 && common < outer.length ? [outer[common - 1]] : []
  return [...out, ...turn, ...inner.slice(common, -1)]
}
