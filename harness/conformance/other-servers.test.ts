import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, test } from 'node:test'
import { httpUtterances } from '../behaviour/http-requests.ts'
import { Sockbench } from '../fixtures/sockbench.ts'
import { conformanceText } from './conformance-text.ts'
import { whole } from './cuttings.ts'
import { fakeServer } from './fixtures/fake-server.ts'
import { conformHttp } from './http-conformance.ts'

after(() => Sockbench.killAll())

test('a server that takes every empty line for the end of a request is found out, with what was said', async t => {
  const address = await fakeServer(t, serveNaively)
  const checked = await conformHttp(address, { cut: whole })
  const problemOf = new Map(checked.map(({ utterance, problem }) => [utterance, problem]))

  assert.equal(problemOf.get('a request'), undefined)
  assert.equal(problemOf.get('headers over 8,192 bytes'), undefined, 'its limit may be another')
  assert.equal(
    problemOf.get('trailers over 8,192 bytes'),
    '3 replies (200, 200, 200) where 2 are due',
    'whatever its limit is',
  )
  assert.equal(problemOf.get('no Host'), '2 replies (200, 200) where 1 are due')
  assert.equal(
    problemOf.get('a coding and a length (TE.CL)'),
    '4 replies (200, 200, 200, 200) where 1 are due',
  )
  const text = conformanceText('naive', 'http', checked)
  assert.match(text, /\(TE\.CL\), whole: 4 replies .*\n {2}> "POST .*\n {2}> "GET .*\n {2}< "HTTP/)
  assert.match(text, /\nnaive, http: \d+ of 65 inputs as specified, in 65 cuttings\n$/)
})

test('of a server that crashes is kept what came before, and told what it did not answer', async t => {
  const sockets: Socket[] = []
  const address = await fakeServer(t, (socket, server) => {
    sockets.push(socket)
    socket.on('data', data => {
      if (!data.includes(0)) return
      server.close()
      for (const one of sockets) one.destroy()
    })
  })
  const checked = await conformHttp(address, { cut: whole })
  const [first] = checked
  const last = checked.at(-1)

  assert.equal(checked.length, httpUtterances.length)
  assert.match(first.conversation, /^> "GET .*\n> "GET .*\n< /)
  assert.match(last?.problem ?? '', /^broken off: .*ECONNREFUSED/)
  assert.match(last?.conversation ?? '', /^> .*\n< no connection$/)
})

test('of a server that answers no plain request is told what it sent, and nothing more is said', async t => {
  const address = await fakeServer(t, socket => socket.write('hello'))
  const inTwo = (bytes: Uint8Array) => [
    { name: 'in two', pieces: [bytes.subarray(0, 1), bytes.subarray(1)] },
  ]
  const checked = await conformHttp(address, { cut: inTwo })

  assert.equal(checked.length, 64, 'one batch')
  for (const { problem, conversation } of checked) {
    assert.match(problem ?? '', /^broken off: /)
    assert.match(conversation, /\n< "hello"$/)
  }
})

test('`sockbench conform` names who is wrong, with what was found', async t => {
  const { host, port } = await fakeServer(t, socket => socket.destroy())
  const target = `${host}:${port}`
  const { ended } = Sockbench.start(['conform', '--target', target, '--protocol', 'p2p', '--quiet'])
  const { code, stdout, stderr } = await ended

  assert.equal(code, 1)
  assert.match(
    stdout,
    /\na bad checksum, whole: broken off: closed the connection in the handshake\n/,
  )
  assert.match(
    stdout,
    /\n80 × 4 MB of an unknown type, whole: closed the connection in the handshake/,
  )
  assert.equal(stderr, `sockbench: wrong answers: ${target} 51 of 51; see above\n`)
})

/** Knows nothing of bodies: what is in one is a request, too. */
function serveNaively(socket: Socket): void {
  let rest = ''
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
}
