import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('./cli.js', import.meta.url))
const fake = new URL('./profile/clinic/fixtures/fake-clinic.js', import.meta.url)
const directory = mkdtempSync(join(tmpdir(), 'sockbench-cli-clinic-'))
after(() => rmSync(directory, { recursive: true }))
writeFileSync(join(directory, 'clinic'), `import('${fake.href}')`, { mode: 0o755 })

/** In the directory, which has a clinic only if PATH has it. */
function profile(args: readonly string[], { path = '', day = 'good' } = {}) {
  const usual = ['--tool', 'clinic-flame', '--scenario', 'ibd', '--backend', 'direct', '--quiet']
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [cli, 'profile', ...usual, ...args],
    {
      cwd: directory,
      env: { ...process.env, PATH: `${path}:/usr/bin:/bin`, FAKE_CLINIC: day },
      encoding: 'utf8',
      timeout: 60_000,
    },
  )
  return { status, stdout, stderr }
}

test('without clinic one line says how to get it', () => {
  assert.deepEqual(profile([]), {
    status: 2,
    stdout: '',
    stderr:
      'sockbench: clinic is not installed; get it with `npm install --no-save clinic@13` (some 700 packages), then try again\n',
  })
})

test('a profile is kept with its data, and says what clinic cannot see', () => {
  const options = [
    '--window',
    '100ms',
    '--set',
    'profile=small',
    '--set',
    'peers=1',
    '--out',
    'kept',
  ]
  const { status, stdout, stderr } = profile(options, { path: directory })
  assert.equal(status, 0, stderr)
  assert.match(stdout, /It cannot see: more than one thread/)
  const [data, page, ...others] = readdirSync(join(directory, 'kept', 'profiles')).sort()
  assert.match(data, /^\w+-clinic-flame-ibd-direct\.data$/)
  assert.equal(page, data.replace(/data$/, 'html'))
  assert.deepEqual(others, [])
})

test('a clinic that writes nothing is a run that failed, and nothing is kept', () => {
  const options = [
    '--window',
    '100ms',
    '--set',
    'profile=small',
    '--set',
    'peers=1',
    '--out',
    'none',
  ]
  const { status, stdout, stderr } = profile(options, { path: directory, day: 'no-data' })
  assert.equal(status, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /^(`sockbench .*\n)?sockbench: clinic-flame ended as if all were well, and/)
  assert.deepEqual(readdirSync(join(directory, 'none', 'profiles')), [])
})

test('what has no subject is refused', () => {
  const { status, stderr } = profile(['--scenario', 'dispatch'], { path: directory })
  assert.equal(status, 2)
  assert.equal(stderr, 'sockbench: dispatch has no subjects that a driver loads; choose another\n')
})

test('what clinic has no use for is refused', () => {
  const several = profile(['--backend', 'direct,libuv'], { path: directory })
  assert.deepEqual(
    [several.status, several.stderr],
    [2, 'sockbench: clinic-flame profiles one backend: name it with --backend\n'],
  )
  const rounds = profile(['--rounds', '3', '--native'], { path: directory })
  assert.deepEqual(
    [rounds.status, rounds.stderr],
    [
      2,
      'sockbench: clinic looks at one run of one backend of this checkout: leave --rounds and --native out\n',
    ],
  )
})
