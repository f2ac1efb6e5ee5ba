/** A function on a thread's stack, the same in every process that runs it. */
export interface Frame {
  /** `SockMan.receive`, `recv(2)`, `(garbage collector)` */
  name: string
  /** `implementations/sock/posix-sock.ts`, `node:buffer`; empty for what is not JavaScript. */
  file: string
  /** Where it begins in its file, from 1; 0 where nobody knows. Not part of what tells it from others. */
  line: number
  kind: FrameKind
}

/** Whose code it is, for colours: a folder of `implementations/`, Node's, or the machine's. */
export type FrameKind =
  | 'backend'
  | 'node logic'
  | 'protocol'
  | 'threads'
  | 'sock'
  | 'system call'
  | 'Node and V8'
  | 'kernel'
  | 'other'

/** Frames of two programs with the same key are the same function, on whichever line it is. */
export function frameKey({ name, file }: Pick<Frame, 'name' | 'file'>): string {
  return `${name}\0${file}`
}

/** `SockMan.receive (implementations/virtual-sockman/sockman.ts:176)` */
export function frameText({ name, file, line }: Frame): string {
  if (file === '') return name
  return line === 0 ? `${name} (${file})` : `${name} (${file}:${line})`
}

export function kindOf(file: string): FrameKind {
  if (file === '' || file.startsWith('node:')) return 'Node and V8'
  const [top, folder] = file.split('/')
  if (top !== 'implementations') return 'other'
  return folders[folder] ?? 'other'
}

const folders: Readonly<Record<string, FrameKind>> = {
  direct: 'backend',
  'virtual-sockman': 'backend',
  'devirtualized-sockman': 'backend',
  libuv: 'backend',
  floor: 'backend',
  node: 'node logic',
  protocol: 'protocol',
  threads: 'threads',
  sock: 'sock',
}
