const limitBytes = 16 << 10
const lineLength = 300

/** The last 16 KiB a child wrote to stderr, however much it writes. */
export class StderrTail {
  #kept: Uint8Array = Buffer.alloc(0)

  push(chunk: Uint8Array): void {
    const last = chunk.subarray(-limitBytes)
    const room = limitBytes - last.length
    this.#kept = Buffer.concat([room === 0 ? Buffer.alloc(0) : this.#kept.subarray(-room), last])
  }

  get text(): string {
    return Buffer.from(this.#kept).toString('utf8')
  }
}

/**
 * The line that says what went wrong: the last one that is neither a stack frame or other indented
 * detail, nor what Node prints below an uncaught error (`}`, `Node.js v20.20.2`). '' if none is.
 */
export function tellingLine(stderr: string): string {
  const line = stderr.split('\n').findLast(text => !/^(\s|\}|$|Node\.js v\d)/.test(text)) ?? ''
  return line
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, lineLength)
}
