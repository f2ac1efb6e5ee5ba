import { dirname, join } from 'node:path'
import { quotedCalibration } from '../calibration/quoted.ts'
import { RunError } from '../errors.ts'
import type { SockbenchRecord } from '../record.ts'
import { replaceFile } from '../replace-file.ts'
import { recordPage } from '../report/html/record-page.ts'
import { type ReportModel, reportModel } from '../report/model.ts'
import { ownCheckout } from '../revisions/checkout.ts'
import { writeOutput } from '../write-output.ts'
import { quoted } from './command-line.ts'

/** Said to be of this machine, or of another, is what is known of how often verdicts are wrong. */
export function pageOfRecord(record: SockbenchRecord, recordPath: string): Promise<string> {
  return recordPage(record, recordPath, calibrationFor(record))
}

/** What is printed of a record that has a page beside it. */
export function modelWithPage(
  record: SockbenchRecord,
  recordPath: string,
  pagePath: string,
): ReportModel {
  const model = reportModel(record, recordPath)
  model.provenance.splice(1, 0, { name: 'page', text: pagePath })
  return model
}

/** @returns the path of the page beside a stored record, or why there is none: the record is what counts */
export async function writePageBeside(
  recordPath: string,
  record: SockbenchRecord,
): Promise<string | RunError> {
  const page = await pageOfRecord(record, recordPath)
  const file = join(dirname(recordPath), 'report.html')
  const problems = writeOutput(file, to => replaceFile(to, page))
  if (problems.length === 0) return file
  const again = `sockbench report ${quoted(recordPath)} --html FILE`
  return new RunError(
    `${problems.join('; ')}; the record is kept, and \`${again}\` writes a page of it`,
  )
}

const own = join('results', 'calibration')
const reference = join('results', 'reference', 'calibration')

/** What was found out here goes before what comes with this checkout, which a package has not. */
function calibrationFor({ environment, merged }: SockbenchRecord): string[] {
  const machines = merged.length === 0 ? [environment] : merged.map(one => one.environment)
  return quotedCalibration(machines, [
    { name: own, directory: own },
    { name: reference, directory: join(ownCheckout, reference) },
  ])
}
