/** The thread that sleeps until it is time to push: the entry module of its worker. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { handlerThreads } from '../backend.ts'
import { HANDLER_WAIT_MS, SHORTEST_TIMER_SLACK_NS } from '../node/push/push-handler.ts'
import { PushPace } from '../node/push/push-pace.ts'
import type { PushOptions } from '../node/service-options.ts'
import { setThreadName } from '../sock/thread-name.ts'
import { setTimerSlack } from '../sock/timer-slack.ts'
import { monotonicNs } from '../threads/monotonic-clock.ts'
import { ServiceMemory } from '../threads/service-memory.ts'

export interface PushClockData {
  options: PushOptions
  serviceBuffer: SharedArrayBuffer
}

/** Posted when a message is to be pushed; CLOCK_MONOTONIC. */
export interface PushMoment {
  intendedNs: number
  pushedNs: number
}

/**
 * What is posted to it is how many messages to push from now, a number; 0 when nobody listens. It is
 * woken besides, since it does not return to its event loop.
 */
function main(port: MessagePort, { options, serviceBuffer }: PushClockData): void {
  setThreadName(handlerThreads.push)
  setTimerSlack(SHORTEST_TIMER_SLACK_NS)
  const service = new ServiceMemory(serviceBuffer)
  const pace = new PushPace(options)
  while (!service.stopping) {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      if (next.message === 0) pace.silence()
      else pace.request(next.message as number, monotonicNs())
    }
    const waitNs = pace.waitNs(monotonicNs())
    if (waitNs > 0) {
      service.handlerWakeUp.wait(Math.min(waitNs / 1e6, HANDLER_WAIT_MS))
    } else {
      const moment: PushMoment = { intendedNs: pace.take(), pushedNs: monotonicNs() }
      port.postMessage(moment)
    }
  }
}

if (parentPort !== null) main(parentPort, workerData as PushClockData)
