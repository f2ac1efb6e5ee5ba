import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { conformanceText } from './conformance-text.ts'
import { whole } from './cuttings.ts'
import { conformHttp } from './http-conformance.ts'

test('a server that takes every empty line for the end of a request is found out, with what was said', async t => {
  const address = await listenNaively(t)
  const checked = await conformHttp(address, { cut: whole })
  const problemOf = new Map(checked.map(({ utterance, problem }) => [utterance, problem]))

  assert.equal(problemOf.get('a request'), undefined)
  assert.equal(problemOf.get('headers over 8,192 bytes'), undefined, 'its limit may be another')
  assert.equal(problemOf.get('no Host'), '2 replies (200, 200) where 1 are due')
  assert.equal(
    problemOf.get('a coding and a length (TE.CL)'),
    '4 replies (200, 200, 200, 200) where 1 are due',
  )
  const text = conformanceText('naive', 'http', checked)
  assert.match(text, /\(TE\.CL\), whole: 4 replies .*\n {2}> "POST .*\n {2}> "GET .*\n {2}< "HTTP/)
  assert.match(text, /\nnaive, http: \d+ of 65 inputs as specified, in 65 cuttings\n$/)
})

/** Knows nothing of bodies: what is in one is a request, too. */
async function listenNaively(t: TestContext) {
  const server = createServer(socket => {
    let rest = ''
    socket.on('error', () => {})
    socket.on('data', data => {
      const heads = (rest + data.toString('latin1')).split('\r\n\r\n')
      rest = heads.pop() ?? ''
      for (const head of heads) {
        if (socket.writableEnded) return
        const isLast = head.includes('Connection: close')
        socket.write(`HTTP/1.1 ${head.includes('/no/such') ? 404 : 200} \r\nContent-Length: 0\r\n`)
        socket.write(isLast ? 'Connection: close\r\n\r\n' : '\r\n')
        if (isLast) socket.end()
      }
    })
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { family: 4, host: '127.0.0.1', port } as const
}
