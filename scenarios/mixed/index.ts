import type { LoopSharing } from '../../implementations/node/service-options.ts'
import { connectionDefaults } from '../http/connections.ts'
import { type Download, ibd } from '../ibd/index.ts'
import { type Scenario, type Setting, SettingError, type Workload } from '../scenario.ts'
import { oneOf, type Settings, settingsMatrix, textOf, wholeNumber } from '../settings.ts'
import type { HttpMix, MixedPreparation } from './preparation.ts'

/** Settings of the download, which mean here what they mean there. */
const downloadNames = ['profile', 'peers', 'mode', 'slices', 'slice-blocks']
/** Where they have values of their own: few, since each is measured with either kind of loop. */
const ownFallbacks: ReadonlyMap<string, string> = new Map([
  ['profile', 'large'],
  ['peers', '1'],
])

/** Where there are both, the first is the reference's, and the other is compared with it. */
const loopSharings: readonly LoopSharing[] = ['one', 'each']

/**
 * Initial block download and HTTP requests at the same time in one subject. Both kinds of work are
 * fixed in number, so that CPU can be compared: a slice is over when all blocks are processed and all
 * requests answered.
 */
export const mixed: Scenario = {
  name: 'mixed',
  summary: 'initial block download and HTTP requests at once, in one socket loop or in two',
  settings: [
    ...ibd.settings.filter(({ name }) => downloadNames.includes(name)).map(withFallbackHere),
    {
      name: 'loops',
      meaning:
        'one socket loop for both protocols, a loop for each, or both ways in the same rounds',
      fallback: loopSharings.join(','),
    },
    { name: 'connections', meaning: 'HTTP connections that are kept, 1 to 64', fallback: '4' },
    {
      name: 'requests-per-block',
      meaning: 'how many requests go with a block, 1 to 1000',
      fallback: '4',
    },
    {
      name: 'large-every',
      meaning: 'each so-many-th request asks for a block of 990 kB, 2 to 1000; 0: all are small',
      fallback: '0',
    },
    {
      name: 'workers',
      meaning: 'threads that handle requests, 0 (the socket thread does) to 16',
      fallback: '2',
    },
  ],
  driver: new URL('./driver.js', import.meta.url),

  workloads(settings) {
    const matrix = settingsMatrix(this, settings)
    const loops = loopsAmong(matrix)
    return matrix
      .filter(chosen => textOf(chosen, 'loops') === loops[0])
      .flatMap(chosen => workloadsOf(chosen, loops))
  },
}

function withFallbackHere(setting: Setting): Setting {
  return { ...setting, fallback: ownFallbacks.get(setting.name) ?? setting.fallback }
}

/** Both ways belong to one workload, where several values of another setting are workloads of their own. */
function loopsAmong(matrix: readonly Settings[]): LoopSharing[] {
  const chosen = matrix.map(settings => oneOf(settings, 'loops', loopSharings))
  return loopSharings.filter(loops => chosen.includes(loops))
}

/** Of one value for each setting but `loops`: the download with these, and HTTP beside it. */
function workloadsOf(settings: Settings, loops: readonly LoopSharing[]): Workload[] {
  const forDownload = new Map(downloadNames.map(name => [name, textOf(settings, name)]))
  return ibd.workloads(forDownload).map(download => withHttp(download, settings, loops))
}

function withHttp(download: Download, settings: Settings, loops: readonly LoopSharing[]): Workload {
  const workers = wholeNumber(settings, 'workers', 0, 16)
  const mix: HttpMix = {
    connections: wholeNumber(settings, 'connections', 1, 64),
    requestsPerBlock: wholeNumber(settings, 'requests-per-block', 1, 1_000),
    largeEvery: largeEveryOf(settings),
  }
  const preparation: MixedPreparation = { chain: download.preparation, mix }
  return {
    ...download,
    scenario: 'mixed',
    parameters: { ...download.parameters, loops: loops.join(','), ...mix, workers },
    label: [download.label, ...unusualWords(mix, workers), ...loopWords(loops)].join(', '),
    preparation,
    services: [
      ...download.services,
      {
        protocol: 'http',
        connections: 0,
        sendMode: download.services[0].sendMode,
        workers,
        idleTimeoutMs: IDLE_TIMEOUT_MS,
        socketBufferBytes: connectionDefaults.socketBufferBytes,
      },
    ],
    loops,
    measuresLatency: true,
    samplesTogether: mix.connections,
    caveats: [...download.caveats, ...caveatsOf(mix)],
  }
}

/** A connection waits while other subjects are measured: as long as P2P's would (Core's TIMEOUT_INTERVAL). */
const IDLE_TIMEOUT_MS = 20 * 60_000

/** Where there are both, subjects are named for theirs. */
function loopWords(loops: readonly LoopSharing[]): string[] {
  if (loops.length > 1) return []
  return [loops[0] === 'one' ? 'one loop' : 'a loop each']
}

function largeEveryOf(settings: Settings): number {
  const largeEvery = wholeNumber(settings, 'large-every', 0, 1_000)
  if (largeEvery !== 1) return largeEvery
  throw new SettingError('large-every=1 leaves no small request to time: give 0, or 2 to 1000')
}

function unusualWords({ connections, requestsPerBlock, largeEvery }: HttpMix, workers: number) {
  return [
    ...(connections === 4 ? [] : [counted(connections, 'connection')]),
    ...(requestsPerBlock === 4 ? [] : [`${counted(requestsPerBlock, 'request')} a block`]),
    ...(largeEvery === 0 ? [] : [`1 of ${largeEvery} large`]),
    ...(workers === 2 ? [] : [counted(workers, 'worker')]),
  ]
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}

function caveatsOf({ connections, requestsPerBlock, largeEvery }: HttpMix): string[] {
  return [
    `costs of a block include those of ${counted(requestsPerBlock, 'HTTP request')}`,
    `latencies are of a closed loop over ${counted(connections, 'connection')}: what is slow is asked less often`,
    'latencies include delays of the driver itself, which sends the blocks in the same thread',
    ...(largeEvery === 0 ? [] : ['latencies are of the small requests alone']),
  ]
}
