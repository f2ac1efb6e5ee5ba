import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { staleBuildWarnings } from './stale-build.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-stale-'))
after(() => rmSync(directory, { recursive: true }))

/** So many seconds before or after the build. */
function write(path: string, seconds: number): void {
  const file = join(directory, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, '')
  utimesSync(file, 1e9 + seconds, 1e9 + seconds)
}

test('sources that are newer than the build are a warning; tests and other files are not', () => {
  write('harness/run.ts', 60)
  assert.deepEqual(staleBuildWarnings(directory), [], 'nobody knows when it was built')
  write('dist/.tsbuildinfo', 0)
  write('harness/run.ts', -60)
  write('implementations/sock/sock.ts', -60)
  write('harness/gate/gate.test.ts', 60)
  write('scripts/tool.ts', 60)
  write('scenarios/README.md', 60)
  assert.deepEqual(staleBuildWarnings(directory), [])
  write('implementations/sock/sock.ts', 60)
  const built = `changed after ${directory} was built: run \`npm run build\` there`
  assert.deepEqual(staleBuildWarnings(directory), [`implementations/sock/sock.ts ${built}`])
  write('scenarios/ibd/ibd.ts', 1)
  assert.deepEqual(staleBuildWarnings(directory), [
    `implementations/sock/sock.ts and 1 more ${built}`,
  ])
})
