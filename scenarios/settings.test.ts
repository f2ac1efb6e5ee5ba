import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SettingError } from './scenario.ts'
import { oneOf, settingsMatrix, wholeNumber } from './settings.ts'

const scenario = {
  name: 'example',
  settings: [
    { name: 'size', meaning: '', fallback: '1,2' },
    { name: 'mode', meaning: '', fallback: 'a' },
  ],
}
const matrix = (given: Record<string, string>) =>
  settingsMatrix(scenario, new Map(Object.entries(given))).map(one => Object.fromEntries(one))

test('several values make every combination, and what is not given has its fallback', () => {
  assert.deepEqual(matrix({}), [
    { size: '1', mode: 'a' },
    { size: '2', mode: 'a' },
  ])
  assert.deepEqual(matrix({ size: '3', mode: 'a,b' }), [
    { size: '3', mode: 'a' },
    { size: '3', mode: 'b' },
  ])
})

test('a setting that does not exist is named, with those that do', () => {
  assert.throws(
    () => matrix({ sise: '1' }),
    new SettingError('example has no setting "sise"; known: size, mode'),
  )
})

test('a value that cannot be is named, with what can', () => {
  const settings = new Map(Object.entries({ size: '-1', mode: 'c' }))
  assert.throws(
    () => wholeNumber(settings, 'size', 0, 9),
    new SettingError('size=-1 is no whole number from 0 to 9'),
  )
  assert.throws(() => oneOf(settings, 'mode', ['a', 'b']), new SettingError('mode=c; known: a, b'))
})

test('whole numbers are decimal digits within the bounds, which are included', () => {
  for (const text of ['10', '1e1', '0x2', ' 1', '1.0', ''])
    assert.throws(() => wholeNumber(new Map([['size', text]]), 'size', 0, 9), SettingError)
  for (const text of ['0', '9', '05'])
    assert.equal(wholeNumber(new Map([['size', text]]), 'size', 0, 9), Number(text))
})
