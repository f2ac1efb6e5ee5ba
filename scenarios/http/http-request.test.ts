import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { encodeRequest } from './http-request.ts'

test('a server reads what was encoded: a GET without a body, then a POST with one', async t => {
  const seen: object[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method, url, headers } = request
    seen.push({ method, url, body, headers })
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  t.after(() => {
    socket.destroy()
    server.close()
  })
  const host = `127.0.0.1:${port}`
  const body = Buffer.from('{"method":"echo","params":["é"]}')
  socket.write(encodeRequest({ method: 'GET', path: '/rest/a.json', body: Buffer.alloc(0) }, port))
  await once(socket, 'data')
  socket.write(encodeRequest({ method: 'POST', path: '/', body }, port))
  await once(socket, 'data')
  const headers = { host, connection: 'keep-alive' }
  assert.deepEqual(seen, [
    { method: 'GET', url: '/rest/a.json', body: '', headers },
    {
      method: 'POST',
      url: '/',
      body: String(body),
      headers: { ...headers, 'content-length': `${body.length}` },
    },
  ])
})
