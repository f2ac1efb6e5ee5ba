/**
 * What somebody sees who debugs P2P behind each backend, counted on running subjects. Run by hand:
 *
 *     npm run inspectability [-- --json] [-- --backend direct,libuv]
 */
import { argv } from 'zx'
import { exitCodes } from '../harness/errors.ts'
import { inspect } from '../harness/inspectability/inspect.ts'
import { inspectable } from '../harness/inspectability/places.ts'
import { inspectabilityTable } from '../harness/inspectability/table.ts'
import { inspectedWorkload } from '../harness/inspectability/workload.ts'

const WINDOW_MS = 2_000

const chosen = argv.backend === undefined ? inspectable : String(argv.backend).split(',')
try {
  const inspections = []
  for (const backend of chosen) {
    process.stderr.write(`${backend}\n`)
    inspections.push(await inspect(backend, inspectedWorkload(300), WINDOW_MS))
  }
  console.log(argv.json ? JSON.stringify(inspections) : inspectabilityTable(inspections))
  // A driver's channel may be left.
  process.exit(exitCodes.fine)
} catch (error) {
  if (!(error instanceof Error && 'exitCode' in error)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(Number(error.exitCode))
}
