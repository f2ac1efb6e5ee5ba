import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { candidates } from '../../implementations/registry.ts'
import { Sockbench } from '../fixtures/sockbench.ts'
import { conformanceText } from './conformance-text.ts'
import { whole } from './cuttings.ts'
import { LIMIT_MS, serveBackend, stopServing, untilIdle } from './fixtures/served-backend.ts'
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
const bounded = { timeout: LIMIT_MS, skip }

const protocols = ['http', 'p2p'] as const
const suites = { http: conformHttp, p2p: conformP2p } as const

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

interface Injected {
  calls: number
  /** How many connections they were for. */
  connections: number
  /** Calls that a thread made on a connection after it was told of an error. */
  afterwards: string[]
}

/** Serves under strace. @returns also what tells which calls have failed so far */
async function serveFaulty(backend: string, protocol: 'http' | 'p2p', call: string, how: string) {
  const trace = mkdtempSync(join(directory, 'trace-'))
  // A file for each thread: in a common one calls are cut in two.
  const inject = `strace -ff -yy -qq -o ${trace}/of -e trace=${call} -e inject=${call}:${how}`
  const served = await serveBackend(backend, protocol, `exec ${inject} "$@"`)
  return { ...served, injected: () => injectedIn(trace) }
}

function injectedIn(trace: string): Injected {
  const threads = readdirSync(trace).map(name =>
    readFileSync(join(trace, name), 'utf8').trimEnd().split('\n'),
  )
  const calls = threads.flat().filter(isInjected)
  const afterwards = threads.flatMap(lines => {
    const failed = new Set<string | undefined>()
    return lines.filter(line => {
      const connection = connectionOf(line)
      const isAfterwards = failed.has(connection)
      if (isInjected(line)) failed.add(connection)
      return isAfterwards
    })
  })
  return { calls: calls.length, connections: new Set(calls.map(connectionOf)).size, afterwards }
}

function isInjected(line: string): boolean {
  return line.endsWith('(INJECTED)')
}

/** Of `recvfrom(25<TCP:[127.0.0.1:8332->127.0.0.1:40000]>, …) = -1 EPIPE (Broken pipe) (INJECTED)` */
function connectionOf(line: string): string | undefined {
  return /^\w+\(\d+<TCP:\[(.*?)\]>,/.exec(line)?.[1]
}

for (const { name: backend } of candidates) {
  for (const protocol of protocols) {
    for (const [call, errno, when] of transient) {
      test(
        `${backend}, ${protocol}: ${errno} from ${call}, often, changes nothing`,
        bounded,
        async t => {
          const how = `error=${errno}:when=${when}`
          const served = await serveFaulty(backend, protocol, call, how)
          const { address, injected } = served
          const checked = await suites[protocol](address, { cut: whole, isOurs: true })
          const wrong = checked.filter(({ problem }) => problem !== undefined)
          assert.equal(wrong.length, 0, conformanceText(backend, protocol, checked))
          const { calls } = injected()
          t.diagnostic(`${calls} calls failed`)
          assert.ok(calls > 0)
          await stopServing(served)
        },
      )
    }

    for (const [call, errno] of permanent) {
      test(
        `${backend}, ${protocol}: ${errno} from ${call} costs that connection alone`,
        bounded,
        async t => {
          const how = `error=${errno}:when=20+50`
          const served = await serveFaulty(backend, protocol, call, how)
          const { address, injected } = served
          const checked = await suites[protocol](address, { cut: whole, isOurs: true })
          const wrong = checked.filter(({ problem }) => problem !== undefined)
          const { calls, connections, afterwards } = injected()
          t.diagnostic(
            `${calls} calls failed, on ${connections} connections: ${wrong.length} wrong`,
          )
          assert.ok(connections > 0)
          assert.deepEqual(afterwards, [])
          assert.ok(wrong.length <= connections, conformanceText(backend, protocol, checked))
          assert.ok(wrong.length < checked.length)
          await untilIdle(served)
          await stopServing(served)
        },
      )
    }
  }
}
