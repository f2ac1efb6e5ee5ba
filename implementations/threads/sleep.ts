/** Sleeps the calling worker thread; the main thread of a process must not. */
export function sleepMs(milliseconds: number): void {
  Atomics.wait(nobodyNotifies, 0, 0, milliseconds)
}

const nobodyNotifies = new Int32Array(new SharedArrayBuffer(4))
