/** A function, by the end of its script's URL and its name. */
export interface Place {
  script: string
  functionName: string
}

/** Where what a backend makes of bytes can be watched. */
export interface Seams {
  /** What calls recv(2), or the first that hears of what was received. */
  recv: Place
  /** The first function that looks at received bytes as protocol. */
  handler: Place
  /** What calls send(2), or the last that JavaScript has of it. */
  send: Place
}

const posixSock = 'implementations/sock/posix-sock.js'
const nodeStream = 'node:internal/stream_base_commons'

const handler: Place = {
  script: 'implementations/protocol/p2p/v1-transport.js',
  functionName: 'receivedBytes',
}

const ownSocket: Seams = {
  recv: { script: posixSock, functionName: 'recv' },
  handler,
  send: { script: posixSock, functionName: 'send' },
}

const seams: Readonly<Record<string, Seams>> = {
  direct: ownSocket,
  'virtual-sockman': ownSocket,
  'devirtualized-sockman': ownSocket,
  // libuv makes the calls, in C++ below these.
  libuv: {
    recv: { script: nodeStream, functionName: 'onStreamRead' },
    handler,
    send: { script: nodeStream, functionName: 'writeGeneric' },
  },
}

/** The backends of which it is known where they meet their sockets. */
export const inspectable = Object.keys(seams)

export function placesOf(backend: string): [keyof Seams, Place][] {
  return Object.entries(seams[backend]) as [keyof Seams, Place][]
}

/** What a message handler calls to answer. */
export const PUSH_MESSAGE = 'pushMessage'

/** A send by the loop, of what was left to it, is on another way than the one that is looked at. */
export function isWanted(seam: keyof Seams, frames: readonly { functionName: string }[]): boolean {
  return seam !== 'send' || frames.some(({ functionName }) => functionName === PUSH_MESSAGE)
}
