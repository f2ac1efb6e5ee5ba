import { Session } from 'node:inspector'

/** Of a worker thread that was found, `1` and so on. */
interface AttachedWorker {
  sessionId: string
}

/**
 * Evaluates an expression in every worker thread of this process, also in one that sits in a blocking
 * loop: the inspector interrupts it between two steps of its code, or in Atomics.wait, at the latest
 * when its poll(2) returns. Nothing of that is left afterwards.
 * @returns in how many threads it was true
 */
export async function evaluateInWorkers(expression: string): Promise<number> {
  const session = new Session()
  session.connect()
  try {
    const answers: Promise<boolean>[] = []
    const waiting = new Map<string, (isTrue: boolean) => void>()
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const { sessionId, message } = params
      waiting.get(sessionId)?.(isTrue(message))
    })
    session.on('NodeWorker.detachedFromWorker', ({ params }) => {
      waiting.get(params.sessionId)?.(false)
    })
    session.on('NodeWorker.attachedToWorker', ({ params }: { params: AttachedWorker }) => {
      const { sessionId } = params
      answers.push(new Promise(resolve => waiting.set(sessionId, resolve)))
      const evaluate = { expression, returnByValue: true }
      const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: evaluate })
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message })
    })
    await enableWorkers(session)
    const found = await Promise.all(answers)
    session.post('NodeWorker.disable')
    return found.filter(Boolean).length
  } finally {
    session.disconnect()
  }
}

/** It answers when every worker that there is has been attached to. */
function enableWorkers(session: Session): Promise<void> {
  return new Promise((resolve, reject) => {
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, error => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}

function isTrue(message: string): boolean {
  const answer = JSON.parse(message) as { result?: { result?: { value?: unknown } } }
  return answer.result?.result?.value === true
}
