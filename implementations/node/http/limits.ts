/** Connections beyond it are closed at once; each may have a megabyte or two queued. */
export const MAX_HTTP_CONNECTIONS = 1_000
