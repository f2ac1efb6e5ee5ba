/** `npm run check`: every source file keeps to scripts/import-rule.ts. */
import { readFileSync } from 'node:fs'
import { glob } from 'zx'
import { violationsIn } from './import-rule.ts'

const paths = await glob('{implementations,scenarios,harness,scripts}/**/*.ts')
const violations = paths.flatMap(path => violationsIn(path, readFileSync(path, 'utf8')))
for (const violation of violations) console.error(violation)
if (violations.length > 0) {
  console.error(`${violations.length} imports break the rule in scripts/import-rule.ts`)
  process.exitCode = 1
} else {
  console.log(`Imports of ${paths.length} files keep to the rule.`)
}
