import { sendModes } from '../../implementations/send-mode.ts'
import type { Scenario } from '../scenario.ts'
import { settingsMatrix } from '../settings.ts'
import { cases, casesOf, findCase, plan } from './cases.ts'
import { connectionKinds, httpWorkload, loadKinds } from './http-workload.ts'
import { requestKinds } from './known-requests.ts'

/** HTTP requests for what a synthetic chain holds, every reply compared in full. */
export const http: Scenario = {
  name: 'http',
  summary: 'HTTP requests, REST and JSON-RPC, over 1 to 64 connections',
  settings: [
    {
      name: 'case',
      meaning: `where the settings below begin: ${cases.map(({ name }) => name).join(', ')}; ${cases[0].name} if any of them is given`,
      fallback: plan.join(','),
    },
    {
      name: 'request',
      meaning: `what is asked for: ${requestKinds.join(', ')}`,
      fallback: 'small',
    },
    {
      name: 'load',
      meaning: `${loadKinds.join(', ')}: a request follows a reply, or comes at a moment of its own`,
      fallback: 'closed',
    },
    { name: 'connections', meaning: 'at the same time, 1 to 64', fallback: '16' },
    {
      name: 'connection',
      meaning: `of a closed load: ${connectionKinds.join(', ')} (for each request)`,
      fallback: 'keep-alive',
    },
    {
      name: 'pipelining',
      meaning: 'requests in flight on a connection that is kept, 1 to 64',
      fallback: '1',
    },
    {
      name: 'rate',
      meaning: 'of an open load, requests per second, 1 to 100000',
      fallback: '2000',
    },
    {
      name: 'workers',
      meaning: 'threads that handle requests, 0 (the socket thread does) to 16',
      fallback: '0',
    },
    { name: 'mode', meaning: `who sends: ${sendModes.join(', ')}`, fallback: 'optimistic' },
    {
      name: 'slow-readers',
      meaning: 'further connections that ask for blocks and never read, 0 to 64',
      fallback: '0',
    },
    { name: 'slices', meaning: 'measured slices per process, 2 to 10000', fallback: '3' },
    { name: 'slice-requests', meaning: 'requests per slice; 0 chooses', fallback: '0' },
  ],
  driver: new URL('./driver.js', import.meta.url),

  workloads(given) {
    return casesOf(given).flatMap(name => {
      const { values, rounds } = findCase(name)
      const settings = new Map([...Object.entries(values), ...given, ['case', name]])
      const workloads = settingsMatrix(this, settings).map(httpWorkload)
      return rounds === undefined ? workloads : workloads.map(one => ({ ...one, rounds }))
    })
  },
}
