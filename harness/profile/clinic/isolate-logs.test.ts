import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { leaveLogsOf, threadOf } from './isolate-logs.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-isolates-'))
after(() => rmSync(directory, { recursive: true }))

const ran = (name: string) =>
  `code-creation,JS,10,236248,0x16e128941be,577,${name} file:///x/implementations/thread-main.js:10:20,0x1,~\n`
const main = 'code-creation,JS,10,1,0x1,2,start file:///x/harness/subject-process.js:1:1,0x1,~\n'
const socket = ran('main') + ran('serviceOf') + ran('runSocketThread')
const handler = ran('main') + ran('serviceOf')

test('a log is of the thread whose functions it has compiled', () => {
  assert.equal(threadOf(main), 'main')
  assert.equal(threadOf(socket), 'socket')
  assert.equal(threadOf(handler), 'handler')
})

test('the log of the chosen thread alone stays; of several, the one with most ticks', () => {
  const logs = {
    a: main,
    b: handler,
    c: `${handler}tick,0x1,1\ntick,0x1,2\n`,
    d: `${handler}tick,0x1,1\n`,
    e: socket,
  }
  for (const [isolate, log] of Object.entries(logs)) {
    const name = `isolate-0x${isolate}-${process.pid}-${process.pid}-v8.log`
    writeFileSync(join(directory, name), log)
  }
  const others = 'isolate-0xf-1-1-v8.log'
  writeFileSync(join(directory, others), socket)
  leaveLogsOf('handler', directory)
  const left = readdirSync(directory).filter(name => name.endsWith('.log'))
  assert.deepEqual(left.sort(), [`isolate-0xc-${process.pid}-${process.pid}-v8.log`, others])
})

test('without a log of the chosen thread none stays', () => {
  leaveLogsOf('main', directory)
  assert.deepEqual(
    readdirSync(directory).filter(name => name.includes(`-${process.pid}-v8.log`)),
    [],
  )
})
