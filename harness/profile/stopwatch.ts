/** Where the time went, by what it went into. */
export class Stopwatch {
  readonly #spentMs = new Map<string, number>()

  async time<T>(what: string, work: () => T | Promise<T>): Promise<T> {
    const startMs = performance.now()
    try {
      return await work()
    } finally {
      this.#spentMs.set(what, (this.#spentMs.get(what) ?? 0) + performance.now() - startMs)
    }
  }

  /** In the order of their beginnings. */
  get spentMs(): Record<string, number> {
    return Object.fromEntries(this.#spentMs)
  }
}
