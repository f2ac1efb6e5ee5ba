/**
 * What a backend's loop costs by itself: no kernel, no driver, no second process. It has no workloads;
 * see `harness/dispatch/` for how it is run and what is made of it.
 */
export const dispatch = {
  name: 'dispatch',
  summary: 'the loop of each backend over sockets in memory: ns per poll, event and sent message',
  /** The compiled entry module of a process in which one backend is measured. */
  isolate: new URL('./process.js', import.meta.url),
  rounds: 2,
} as const
