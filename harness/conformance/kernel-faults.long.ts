import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { backends } from '../../implementations/registry.ts'
import { parseAddress } from '../../implementations/sock/address.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { Sockbench } from '../fixtures/sockbench.ts'
import { conformanceText } from './conformance-text.ts'
import { whole } from './cuttings.ts'
import { conformHttp } from './http-conformance.ts'
import { conformP2p } from './p2p-conformance.ts'

/** Servers in processes of their own, with errors that the kernel gives them (strace's injection). */
const hasStrace = spawnSync('strace', ['-V']).status === 0
const skip = hasStrace ? false : 'no strace found: apt-get install strace'
const directory = mkdtempSync(join(tmpdir(), 'sockbench-kernel-'))
after(() => {
  Sockbench.killAll()
  rmSync(directory, { recursive: true, force: true })
})
const bounded = { timeout: 300_000, skip }

const protocols = ['http', 'p2p'] as const
const suites = { http: conformHttp, p2p: conformP2p } as const
const candidates = backends.filter(({ hasSendModes }) => hasSendModes).map(({ name }) => name)

/** The nth call on each thread, and every so many after it. */
const transient = [
  ['recvfrom', 'EINTR', '2+3'],
  ['recvfrom', 'EAGAIN', '2+3'],
  ['sendto', 'EINTR', '2+3'],
  ['sendto', 'EAGAIN', '2+3'],
  ['accept4', 'EINTR', '1+3'],
  ['accept4', 'ECONNABORTED', '3+7'],
  ['accept4', 'EMFILE', '10+40'],
  ['accept4', 'ENOMEM', '10+40'],
  ['poll', 'EINTR', '3+4'],
  ['poll', 'ENOMEM', '10+60'],
] as const

/** Each ends a connection, and no other. */
const permanent = [
  ['recvfrom', 'ECONNRESET'],
  ['recvfrom', 'ETIMEDOUT'],
  ['sendto', 'EPIPE'],
  ['sendto', 'ECONNRESET'],
] as const

let traces = 0

interface Started {
  server: Sockbench
  address: Address
  /** Its listener, and what stdout and stderr are. */
  idleSockets: number
}

async function startServer(
  backend: string,
  protocol: 'http' | 'p2p',
  script: string,
): Promise<Started> {
  const verify = protocol === 'p2p' ? ['--verify', 'merkle'] : []
  const args = ['serve', backend, '--protocol', protocol, '--port', '0', ...verify]
  const server = Sockbench.startInShell(script, args)
  const [, host] = await server.stdoutMatching(/(127\.0\.0\.1:\d+)/)
  return { server, address: parseAddress(host), idleSockets: socketsOf(server) }
}

/** Serves under strace. @returns also what tells how many calls have failed so far */
async function startFaulty(backend: string, protocol: 'http' | 'p2p', call: string, how: string) {
  const trace = join(directory, `trace-${traces++}`)
  const inject = `strace -f -qq -o ${trace} -e trace=${call} -e inject=${call}:${how}`
  const started = await startServer(backend, protocol, `exec ${inject} "$@"`)
  const injected = () => readFileSync(trace, 'utf8').split('(INJECTED)').length - 1
  return { ...started, injected }
}

for (const backend of candidates) {
  for (const protocol of protocols) {
    for (const [call, errno, when] of transient) {
      test(
        `${backend}, ${protocol}: ${errno} from ${call}, often, changes nothing`,
        bounded,
        async t => {
          const how = `error=${errno}:when=${when}`
          const { server, address, injected } = await startFaulty(backend, protocol, call, how)
          const checked = await suites[protocol](address, { cut: whole, isOurs: true })
          const wrong = checked.filter(({ problem }) => problem !== undefined)
          assert.equal(wrong.length, 0, conformanceText(backend, protocol, checked))
          t.diagnostic(`${injected()} calls failed`)
          assert.ok(injected() > 0)
          await stopped(server)
        },
      )
    }

    for (const [call, errno] of permanent) {
      test(
        `${backend}, ${protocol}: ${errno} from ${call} costs that connection alone`,
        bounded,
        async () => {
          const how = `error=${errno}:when=20+50`
          const started = await startFaulty(backend, protocol, call, how)
          const { server, address, injected } = started
          const checked = await suites[protocol](address, { cut: whole, isOurs: true })
          const wrong = checked.filter(({ problem }) => problem !== undefined)
          assert.ok(injected() > 0)
          assert.ok(wrong.length <= injected(), conformanceText(backend, protocol, checked))
          assert.ok(wrong.length < checked.length)
          await untilIdle(started)
          await stopped(server)
        },
      )
    }
  }

  test(`${backend}: 10,000 connections leave nothing behind`, { timeout: 300_000 }, async t => {
    const started = await startServer(backend, 'http', 'exec "$@"')
    const { server, address } = started
    await openAndClose(address, WARM_UP_CONNECTIONS)
    await untilIdle(started)
    const before = residentBytes(server.pid)
    await openAndClose(address, CONNECTIONS)
    await untilIdle(started)
    const grownBytes = residentBytes(server.pid) - before
    t.diagnostic(`${CONNECTIONS} connections, ${(grownBytes / 1024).toFixed(0)} KiB more resident`)
    assert.ok(grownBytes < CONNECTIONS * LEAK_BYTES, `${grownBytes} bytes more`)
    const checked = await conformHttp(address, { cut: whole, isOurs: true })
    assert.deepEqual(
      checked.filter(({ problem }) => problem !== undefined),
      [],
    )
    await stopped(server)
  })
}

const WARM_UP_CONNECTIONS = 2_000
const CONNECTIONS = 10_000
/** What is lost with each connection would be an object at least, and most likely its memory. */
const LEAK_BYTES = 4_000
const AT_A_TIME = 50

/** In turn closed, half-closed and reset, having sent nothing, a part of a request, or all of it. */
async function openAndClose({ host, port }: Address, count: number): Promise<void> {
  let opened = 0
  const one = async () => {
    while (opened < count) {
      const index = opened++
      const socket = connect({ host, port })
      await new Promise<void>(resolve => {
        socket.on('error', () => {})
        socket.on('close', () => resolve())
        socket.on('connect', () => {
          const request =
            'GET /rest/chaininfo.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
          socket.write(request.slice(0, [0, 20, request.length][index % 3]))
          if (index % 4 === 0) socket.resetAndDestroy()
          else if (index % 4 === 1) socket.destroy()
          else socket.end()
        })
        socket.resume()
      })
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, one))
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

/** All connections are closed, on its side, too. */
async function untilIdle({ server, idleSockets }: Started): Promise<void> {
  await server.until('server without connections', () =>
    socketsOf(server) === idleSockets ? true : null,
  )
}

/** Under strace the server is its child. */
function socketsOf(server: Sockbench): number {
  const pid = server.descendants().at(0) ?? server.pid
  return readdirSync(`/proc/${pid}/fd`).filter(fd => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')
    } catch {
      return false
    }
  }).length
}

async function stopped(server: Sockbench): Promise<void> {
  server.interrupt()
  const { code } = await server.ended
  assert.equal(code, 130)
}
