import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../errors.ts'
import { revisionOfCommand } from './revision-of-command.ts'

test('a command that starts with a variable is told to use env, which can be executed', () => {
  assert.throws(
    () => revisionOfCommand('head', " X=1 NODE_ENV='a b' node s.js "),
    (error: unknown) =>
      error instanceof UsageError &&
      error.message ===
        "the command of head starts with a variable, not a program: use env X=1 NODE_ENV='a b' node s.js",
  )
  for (const command of ['env X=1 node s.js', './a=b', 'node --x=1', '"X=1"']) {
    assert.equal(revisionOfCommand('head', command).source?.command, command)
  }
})
