import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Backend } from '../implementations/backend.ts'
import type { Protocol } from '../implementations/node/service-options.ts'
import type { SendMode } from '../implementations/send-mode.ts'
import { ibd } from '../scenarios/ibd/index.ts'
import type { ServiceTemplate, Workload } from '../scenarios/scenario.ts'
import { participants } from './participants.ts'
import { fixedRounds, identityOf, subjectsOfRound } from './plan.ts'
import { thisRevision } from './revision.ts'

const [ibdWorkload] = ibd.workloads(new Map([['profile', 'small']]))

function serving(sendMode: SendMode, ...protocols: ('p2p' | 'push')[]): Workload {
  const template = (protocol: 'p2p' | 'push'): ServiceTemplate => {
    const common = { connections: 0, sendMode, socketBufferBytes: 1 }
    return protocol === 'p2p'
      ? { ...common, protocol, verify: 'none', refillBlocks: 1 }
      : { ...common, protocol, message: 'probe', meanIntervalUs: 1, seed: 1 }
  }
  return { ...ibdWorkload, services: protocols.map(template) }
}

function backend(name: string, hasSendModes: boolean, ...spoken: Protocol[]): Backend {
  const service = { onSocketThread: { loop: 'own', run: () => {} } } as const
  const protocols = Object.fromEntries(spoken.map(protocol => [protocol, service]))
  return { name, summary: '', hasSendModes, protocols }
}

const known = [
  backend('all', true, 'p2p', 'push'),
  backend('downloads', true, 'p2p'),
  backend('own-way', false, 'p2p', 'push'),
  backend('floor', false, 'raw'),
]
const names = known.map(({ name }) => name)

test('a backend takes part where it speaks every protocol of a workload', () => {
  assert.deepEqual(participants(names, serving('optimistic', 'push'), known), ['all', 'own-way'])
  const both = serving('optimistic', 'p2p', 'push')
  assert.deepEqual(participants(names, both, known), ['all', 'own-way'])
})

test('a backend without send modes takes part in Core’s mode only', () => {
  assert.deepEqual(participants(names, serving('queued', 'push'), known), ['all'])
})

test('the floor takes part where all a subject does is download, and not by itself', () => {
  const download = serving('optimistic', 'p2p')
  assert.deepEqual(participants(names, download, known), names)
  assert.deepEqual(participants(['floor'], download, known), [])
})

function roundOf(given: string[], workload: Workload) {
  const schedule = fixedRounds(undefined, workload)
  const backends = participants(given, workload)
  return subjectsOfRound({ workload, label: '', backends, schedule }, [thisRevision])
}

test('other revisions come after the first: every backend with each way to share loops', () => {
  const bothWays = { ...ibdWorkload, loops: ['one', 'each'] as const }
  const backends = ['direct', 'virtual-sockman']
  const measurement = {
    workload: bothWays,
    label: '',
    backends,
    schedule: fixedRounds(6, bothWays),
  }
  const revisions = ['base', 'head'].map(name => ({ ...thisRevision, name }))
  const subjects = subjectsOfRound(measurement, revisions)
  assert.deepEqual(
    subjects.map(
      ({ backend, loops, revision, arm }) => `${backend} ${loops} ${revision.name} ${arm}`,
    ),
    [
      'direct one base A',
      "direct one base A'",
      'virtual-sockman one base B',
      'direct each base B',
      'virtual-sockman each base B',
      'direct one head B',
      'virtual-sockman one head B',
      'direct each head B',
      'virtual-sockman each head B',
    ],
  )
  assert.equal(new Set(subjects.map(({ name }) => name)).size, subjects.length)
  assert.equal(identityOf(subjects[5], bothWays).revision, 'head')
})

test('the reference of a workload is the first that can take part, twice', () => {
  const subjects = (given: string[]) =>
    roundOf(given, ibdWorkload).map(({ backend: name, arm }) => `${name} ${arm}`)
  assert.deepEqual(subjects(['floor', 'virtual-sockman', 'direct']), [
    'virtual-sockman A',
    "virtual-sockman A'",
    'direct B',
    'floor floor',
  ])
})

test('where there are several ways to share loops, each backend has each, the reference twice in one', () => {
  const bothWays = { ...ibdWorkload, loops: ['one', 'each'] as const }
  const subjects = roundOf(['direct', 'virtual-sockman'], bothWays)
  assert.deepEqual(
    subjects.map(({ backend: name, loops, arm }) => `${name} ${loops} ${arm}`),
    [
      'direct one A',
      "direct one A'",
      'virtual-sockman one B',
      'direct each B',
      'virtual-sockman each B',
    ],
  )
  assert.equal(new Set(subjects.map(({ name }) => name)).size, subjects.length)
  const [one, , , each] = subjects
  const direct = { backend: 'direct', revision: null }
  assert.deepEqual(identityOf(each, bothWays), { ...direct, loops: 'each', arm: 'B' })
  assert.deepEqual(identityOf(one, ibdWorkload), { ...direct, loops: null, arm: 'A' })
})

test('rounds: those asked for, else those of the workload, else the usual number', () => {
  const few = { ...ibdWorkload, rounds: 3 }
  assert.deepEqual(fixedRounds(5, few).looks, [5])
  assert.deepEqual(fixedRounds(undefined, few).looks, [3])
  const { rounds: _, ...usual } = few
  assert.deepEqual(fixedRounds(undefined, usual).looks, [8])
})
