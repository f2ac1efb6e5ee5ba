export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  /** Begins with a slash. */
  readonly path: string
  /** Empty for a GET. */
  readonly body: Buffer
}

/** The bytes of a keep-alive request to 127.0.0.1 (RFC 9112), as autocannon writes them. */
export function encodeRequest({ method, path, body }: HttpRequest, port: number): Buffer {
  const head = [
    `${method} ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: keep-alive',
    ...(body.length > 0 ? [`Content-Length: ${body.length}`] : []),
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}
