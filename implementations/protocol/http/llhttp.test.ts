import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Errno, Llhttp, MessageType, Next, PIECE_BYTES, wasmMemoryBytes } from './llhttp.ts'
import { RequestParser } from './request-parser.ts'

const GET = Buffer.from('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
const body = new Uint8Array(200_000)

test('10,000 requests through one parser do not grow its memory', () => {
  const parser = new RequestParser({ body })
  const before = wasmMemoryBytes()
  for (let i = 0; i < 10_000; i += 1) {
    parser.execute(GET)
    assert.equal(parser.state, 'complete')
    parser.next()
  }
  assert.equal(wasmMemoryBytes(), before)
  parser.free()
})

test('10,000 parsers, each freed, do not grow the memory; held, they do', () => {
  new RequestParser({ body }).free()
  const before = wasmMemoryBytes()
  for (let i = 0; i < 10_000; i += 1) {
    const parser = new RequestParser({ body })
    parser.execute(GET, 0, 1 + (i % (GET.length - 1)))
    parser.free()
  }
  assert.equal(wasmMemoryBytes(), before)

  const held = Array.from({ length: 10_000 }, () => new RequestParser({ body }))
  assert.ok(wasmMemoryBytes() > before)
  for (const parser of held) {
    parser.execute(GET)
    assert.equal(parser.target, '/a')
    parser.free()
  }
})

test('parsers in the middle of requests of their own do not disturb each other', () => {
  const targets = Array.from({ length: 20 }, (_, i) => `/${'t'.repeat(i)}`)
  const parsers = targets.map(() => new RequestParser({ body }))
  const requests = targets.map(target => Buffer.from(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`))
  for (let at = 0; at < 60; at += 1) {
    parsers.forEach((parser, i) => {
      if (at < requests[i].length) parser.execute(requests[i], at, at + 1)
    })
  }
  assert.deepEqual(
    parsers.map(({ state, target }) => `${state} ${target}`),
    targets.map(target => `complete ${target}`),
  )
  for (const parser of parsers) parser.free()
})

test('a body longer than what llhttp takes at a time arrives whole', () => {
  const sent = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251)
  const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${sent.length}\r\n\r\n`
  const parser = new RequestParser({ body })
  const request = Buffer.concat([Buffer.from(head), sent])
  assert.equal(parser.execute(request), request.length)
  assert.equal(parser.state, 'complete')
  assert.deepEqual(body.slice(0, parser.bodyLength), sent)
  parser.free()
})

test('a piece that is too long is a bug, and stays out of the memory behind its place', () => {
  const llhttp = new Llhttp(MessageType.request, deaf)
  const bytes = new Uint8Array(PIECE_BYTES + 1)
  assert.throws(() => llhttp.execute(bytes, 0, bytes.length), RangeError)
  llhttp.free()
})

test('a freed parser is a bug to use', () => {
  const parser = new RequestParser({ body })
  parser.free()
  assert.throws(() => parser.execute(GET), /used after free/)
  assert.throws(() => parser.next(), /used after free/)
})

test('where SIMD does not compile, the build without it is used', async () => {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyGlobal }
  const { Module, CompileError } = WebAssembly
  let compilations = 0
  WebAssembly.Module = class extends Module {
    constructor(wasm: Uint8Array) {
      compilations += 1
      if (compilations === 1) throw new CompileError('no SIMD')
      super(wasm)
    }
  }
  try {
    const url = new URL('./llhttp.js?without-simd', import.meta.url).href
    const fresh: typeof import('./llhttp.ts') = await import(url)
    let completed = 0
    const llhttp = new fresh.Llhttp(MessageType.request, {
      ...deaf,
      onMessageComplete: () => {
        completed += 1
        return Next.proceed
      },
    })
    assert.equal(llhttp.execute(GET, 0, GET.length), Errno.ok)
    assert.deepEqual([compilations, completed], [2, 1])
    llhttp.free()
  } finally {
    WebAssembly.Module = Module
  }
})

const proceed = () => Next.proceed

const deaf = {
  onTarget: proceed,
  onHeaderField: proceed,
  onHeaderValue: proceed,
  onHeadersComplete: proceed,
  onBody: proceed,
  onMessageComplete: proceed,
}

interface WebAssemblyGlobal {
  Module: new (wasm: Uint8Array) => object
  CompileError: new (message: string) => Error
}
