import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ownCheckout } from '../revisions/checkout.ts'
import { CalibrationStore } from './calibration-store.ts'
import { quotedCalibration } from './quoted.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-quoted-'))
after(() => rmSync(directory, { recursive: true, force: true }))

const reference = {
  name: 'reference',
  directory: join(ownCheckout, 'results', 'reference', 'calibration'),
}
const { machine, settings } = new CalibrationStore(reference.directory).load()
const elsewhere = { ...machine, cpuModel: 'Another CPU', kernel: '9.9' }

test('what is quoted is what the calibration found', () => {
  const text = quotedCalibration([machine], [reference]).join('\n')
  assert.match(text, /^From the calibration of a machine like this one \(.*; reference\)/)
  assert.match(text, /Of 100 A\/A runs .* 0 of 100 were red .*: at most 3\.0 %/)
  assert.match(text, /At one look 1 of 100 were slower and 3 of 100 faster/)
  assert.match(
    text,
    /2 of 30 with nothing planted, 6 of 10 with 0\.5 % planted \(0\.69 % as timed\), 30 of 30 with 1 %/,
  )
  assert.match(text, /slope \+0\.88 \(\+0\.81 to \+0\.94\)/)
})

test('a calibration of another machine is said to be that, and how the machines differ', () => {
  const [first] = quotedCalibration([elsewhere], [reference])
  assert.match(first, /is of another machine/)
  assert.match(first, /CPU .* there, Another CPU here; kernel .* there, 9\.9 here/)
  assert.match(first, /sockbench calibrate finds out how it does here/)
})

test('one of the same machine goes before another', () => {
  const own = { name: 'own', directory: join(directory, 'own') }
  new CalibrationStore(own.directory).begin(settings, elsewhere)
  assert.match(quotedCalibration([elsewhere], [reference, own])[0], /like this one .*; own\)/)
  assert.match(quotedCalibration([machine], [own, reference])[0], /like this one .*; reference\)/)
})

test('of several machines, one is like none of them unless it is like all', () => {
  assert.match(quotedCalibration([machine, elsewhere], [reference])[0], /is of another machine/)
})

test('without a calibration nothing is claimed; a damaged one is named', () => {
  const nowhere = { name: 'none', directory: join(directory, 'none') }
  assert.match(quotedCalibration([machine], [nowhere]).join(), /^No calibration is stored here/)
  const damaged = { name: 'damaged', directory: join(directory, 'damaged') }
  new CalibrationStore(damaged.directory).begin(settings, machine)
  writeFileSync(join(damaged.directory, 'calibration.json'), '{')
  const [problem, none] = quotedCalibration([machine], [damaged])
  assert.match(problem, /^The calibration in damaged cannot be read: .* is not whole JSON/)
  assert.match(none, /^No calibration/)
})
