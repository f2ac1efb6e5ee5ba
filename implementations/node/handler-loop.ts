/** What a handler thread does. */
export interface HandlerLoop {
  /** Until `service.stopping` turns true, and what is in flight then is finished. */
  run(): void
}
