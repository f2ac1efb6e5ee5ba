import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceOptions } from '../../implementations/node/service-options.ts'
import type { ThreadEvent } from '../../implementations/node/thread-context.ts'
import { describeErrno } from '../../implementations/sock/errno.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { Subject } from '../../implementations/subject.ts'
import { RunError } from '../errors.ts'

const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }
const LOOK_EVERY_MS = 5

/** A backend's server in this process, for as long as `use` takes. */
export async function withServer<T>(
  backend: string,
  protocol: 'http' | 'p2p',
  chainFile: string,
  use: (address: Address) => Promise<T>,
): Promise<T> {
  let event: ThreadEvent | undefined
  let crash: Error | undefined
  const subject = new Subject(backend, [optionsOf(protocol, chainFile)], 'one', {
    onEvent: first => {
      event ??= first
    },
    onCrash: error => {
      crash = error
    },
  })
  try {
    while (event === undefined && crash === undefined) await sleep(LOOK_EVERY_MS)
    const result = await use(listeningAt(backend, event, crash))
    if (crash !== undefined) throw crash
    return result
  } finally {
    await subject.stop()
  }
}

function listeningAt(
  backend: string,
  event: ThreadEvent | undefined,
  crash: Error | undefined,
): Address {
  if (event?.kind === 'listening') return event.address
  const reason = event?.kind === 'listen-failed' ? describeErrno(event.errno) : crash?.message
  throw new RunError(`${backend} does not listen on ${anyPort.host}: ${reason}`)
}

function optionsOf(protocol: 'http' | 'p2p', chainFile: string): ServiceOptions {
  const loop = { sendMode: 'optimistic', socketBufferBytes: 1 << 16, listen: anyPort } as const
  return protocol === 'p2p'
    ? { ...loop, protocol, verify: 'merkle', refillBlocks: 1, connect: [] }
    : { ...loop, protocol, workers: 2, chainFile, idleTimeoutMs: 30_000 }
}
