import { channel } from 'node:diagnostics_channel'

/**
 * Tracepoints around the system calls of a thread: channels of node:diagnostics_channel, the counterpart
 * of a uprobe on poll(2), recv(2) and send(2). A call site asks `hasSubscribers` first, so that without
 * one nothing is made and no clock is read; what it calls then stands below, where it does not make
 * functions longer that V8 is to inline. docs/tracing.md lists all channels and what they carry.
 */
export const pollCall = channel('sockbench:sock:poll')
export const pollReturned = channel('sockbench:sock:poll_returned')
export const recvCall = channel('sockbench:sock:recv')
export const recvReturned = channel('sockbench:sock:recv_returned')
export const sendCall = channel('sockbench:sock:send')
export const sendReturned = channel('sockbench:sock:send_returned')

export interface PollCall {
  /** Of the wait set. */
  entries: number
  timeoutMs: number
}

export interface PollReturned {
  /** How many entries have something to tell; 0 after a timeout, or `-errno`. */
  ready: number
}

export interface SocketCall {
  fd: number
  /** Room for a recv, what is to be sent for a send. */
  sizeBytes: number
}

export interface SocketCallReturned {
  fd: number
  /** Bytes, 0 at the end of file, or `-errno`. */
  result: number
}

export function tracePoll(entries: number, timeoutMs: number): void {
  pollCall.publish({ entries, timeoutMs } satisfies PollCall)
}

export function tracePollReturned(ready: number): void {
  pollReturned.publish({ ready } satisfies PollReturned)
}

export function traceRecv(fd: number, sizeBytes: number): void {
  recvCall.publish({ fd, sizeBytes } satisfies SocketCall)
}

export function traceRecvReturned(fd: number, result: number): void {
  recvReturned.publish({ fd, result } satisfies SocketCallReturned)
}

export function traceSend(fd: number, sizeBytes: number): void {
  sendCall.publish({ fd, sizeBytes } satisfies SocketCall)
}

export function traceSendReturned(fd: number, result: number): void {
  sendReturned.publish({ fd, result } satisfies SocketCallReturned)
}
