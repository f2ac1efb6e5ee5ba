/** Writes results/schema.json anew, after a change of harness/record.ts. */
import { writeFileSync } from 'node:fs'
import { recordJsonSchema } from '../harness/record.ts'

const path = 'results/schema.json'
writeFileSync(path, recordJsonSchema())
console.log(`wrote ${path}`)
