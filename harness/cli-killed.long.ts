import { after, test } from 'node:test'
import { killAtRandomMoments, removeKilledRuns } from './fixtures/killed-runs.ts'

after(removeKilledRuns)

test('SIGKILL at many random moments: every record is whole, the old one as it was, and nobody is left', () =>
  killAtRandomMoments(12))
