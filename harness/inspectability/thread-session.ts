import { type Debugger, Session } from 'node:inspector'

/** The inspector of this very thread: what is posted is answered before `post` returns. */
export class ThreadSession {
  readonly #session = new Session()

  constructor() {
    this.#session.connect()
  }

  /** @throws what the inspector objects */
  post<R>(method: string, params: object = {}): R {
    let answer: { error: Error | null; result?: object } | undefined
    this.#session.post(method, params, (error, result) => {
      answer = { error, ...(result === undefined ? {} : { result }) }
    })
    if (answer === undefined) throw new Error(`${method} was not answered at once`)
    if (answer.error !== null) throw new Error(`${method}: ${JSON.stringify(answer.error)}`)
    return answer.result as R
  }

  on<P>(event: string, listener: (params: P) => void): void {
    this.#session.on(event, ({ params }: { params: P }) => listener(params))
  }

  breakAt(location: Debugger.Location): string {
    const { breakpointId } = this.post<Debugger.SetBreakpointReturnType>('Debugger.setBreakpoint', {
      location,
    })
    return breakpointId
  }

  /** Undefined where the script has no such function. */
  firstLineOf(scriptId: string, functionName: string): Debugger.Location | undefined {
    const { scriptSource } = this.post<Debugger.GetScriptSourceReturnType>(
      'Debugger.getScriptSource',
      { scriptId },
    )
    const head = new RegExp(`^\\s*(?:function )?${functionName}\\(.*\\) \\{$`)
    const line = scriptSource.split('\n').findIndex(text => head.test(text))
    return line === -1 ? undefined : { scriptId, lineNumber: line + 1, columnNumber: 0 }
  }
}
