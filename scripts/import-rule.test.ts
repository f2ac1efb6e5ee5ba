import assert from 'node:assert/strict'
import { test } from 'node:test'
import { violationsIn } from './import-rule.ts'

const forbidden = [
  ['implementations/sock/sock.ts', '../threads/mutex.ts'],
  ['implementations/protocol/p2p/frame.ts', '../../node/node.ts'],
  ['implementations/node/node.ts', '../direct/node.ts'],
  ['implementations/virtual-sockman/sockman.ts', '../direct/node.ts'],
  ['implementations/a-new-backend/index.ts', '../direct/node.ts'],
  ['implementations/direct/index.ts', '../registry.ts'],
  ['implementations/subject.ts', './direct/index.ts'],
  ['implementations/direct/index.ts', '../../harness/errors.ts'],
  ['implementations/threads/mutex.ts', '../../scenarios/scenario.ts'],
  ['scenarios/ibd/index.ts', '../../implementations/direct/index.ts'],
  ['scenarios/ibd/index.ts', '../../implementations/registry.ts'],
  ['scenarios/ibd/index.ts', '../../harness/errors.ts'],
  ['harness/plan.ts', '../implementations/floor/index.ts'],
  ['harness/plan.ts', '../implementations/threads/mutex.ts'],
  ['harness/plan.ts', '../scripts/import-rule.ts'],
  ['implementations/sock/sock.ts', 'koffi'],
  ['harness/plan.ts', 'zx/core'],
]

const allowed = [
  ['implementations/threads/counters.ts', '../sock/syscalls.ts'],
  ['implementations/direct/node.ts', '../node/node.ts'],
  ['implementations/direct/node.ts', './index.ts'],
  ['implementations/registry.ts', './direct/index.ts'],
  ['implementations/thread-main.ts', './registry.ts'],
  ['implementations/sock/libc.ts', 'koffi'],
  ['scenarios/ibd/chain.ts', '../../implementations/protocol/sha256d.ts'],
  ['harness/plan.ts', '../implementations/registry.ts'],
  ['harness/plan.ts', 'node:fs'],
]

for (const [path, specifier] of forbidden) {
  test(`${path} may not import ${specifier}`, () => {
    assert.equal(violationsIn(path, `import { x } from '${specifier}'\n`).length, 1)
  })
}

for (const [path, specifier] of allowed) {
  test(`${path} may import ${specifier}`, () => {
    assert.deepEqual(violationsIn(path, `import { x } from '${specifier}'\n`), [])
  })
}

test('types, re-exports, bare and dynamic imports count as well', () => {
  const direct = "'../direct/node.ts'"
  for (const source of [
    `import type { X } from ${direct}`,
    `import {\n  type X,\n  y,\n} from ${direct}`,
    `export { x } from ${direct}`,
    `import ${direct}`,
    `const x = await import(${direct})`,
  ]) {
    assert.deepEqual(violationsIn('implementations/node/node.ts', `${source}\n`), [
      'implementations/node/node.ts: implementations/node may not import implementations/direct/node.ts',
    ])
  }
})
