import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Environment } from '../record.ts'
import { syntheticRecord } from '../report/fixtures/synthetic-record.ts'
import { machineDifferences } from './same-machine.ts'

const { environment } = syntheticRecord()

test('a machine is itself, whatever its load', () => {
  assert.deepEqual(machineDifferences(environment, environment), [])
  const later = { ...environment, loadBefore: 3, loadAfter: 7 }
  assert.deepEqual(machineDifferences(environment, later), [])
})

test('whatever identifies a machine, or how it was set up, tells two apart', () => {
  const others: [change: Partial<Environment>, line: string][] = [
    [{ cpuModel: 'Other CPU' }, 'CPU model: Example CPU / Other CPU'],
    [{ cpus: [0, 1, 2] }, 'CPUs: 2 / 3'],
    [{ kernel: '6.6.0' }, 'kernel: 6.1.0 / 6.6.0'],
    [{ node: 'v22.0.0' }, 'Node: v20.12.0 / v22.0.0'],
    [{ v8: '12.4' }, 'V8: 11.3 / 12.4'],
    [{ koffi: '3.1.0' }, 'koffi: 3.0.0 / 3.1.0'],
    [{ memoryBytes: 4e9 }, 'memory: 8000000000 bytes / 4000000000 bytes'],
    [{ governor: 'powersave' }, 'governor: none / powersave'],
    [{ clockSource: 'hpet' }, 'clock source: tsc / hpet'],
    [{ virtualised: null }, 'virtualised: true / unknown'],
    [{ cgroup: { cpuMax: '50000 100000' } }, 'cgroup cpu.max: none / 50000 100000'],
    [{ pinning: null }, 'pinning: driver on CPU 0, subjects on CPU 1 / none'],
    [{ socketBufferBytes: [65_536] }, 'socket buffers: 262144 bytes / 65536 bytes'],
    [
      { sysctls: { 'net.core.wmem_max': '1' } },
      'net.core.rmem_max: 212992 / none\nnet.core.wmem_max: none / 1',
    ],
  ]
  for (const [change, line] of others) {
    const differences = machineDifferences(environment, { ...environment, ...change })
    assert.equal(differences.join('\n'), line)
  }
})
