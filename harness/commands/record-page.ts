import { dirname, join } from 'node:path'
import { quotedCalibration } from '../calibration/quoted.ts'
import type { RecordFile } from '../comparison/model.ts'
import { RunError } from '../errors.ts'
import type { SockbenchRecord } from '../record.ts'
import { replaceFile } from '../replace-file.ts'
import { comparisonPage } from '../report/html/comparison-page.ts'
import { recordPage } from '../report/html/record-page.ts'
import type { ReportModel } from '../report/model.ts'
import { ownCheckout } from '../revisions/checkout.ts'
import { quoted } from './command-line.ts'

/** The page of a record. */
export function pageOf(record: SockbenchRecord, recordPath: string): Promise<string> {
  return recordPage(record, recordPath, calibrationFor([record]))
}

/** The page of two stored records. @param model what comparing them says */
export function pageOfTwo(model: ReportModel, base: RecordFile, head: RecordFile): Promise<string> {
  return comparisonPage(model, base, head, calibrationFor([base.record, head.record]))
}

/** @returns the path of the page beside a stored record, or why there is none: the record is what counts */
export async function writePageBeside(
  recordPath: string,
  record: SockbenchRecord,
): Promise<string | RunError> {
  const file = join(dirname(recordPath), 'report.html')
  const again = `sockbench report ${quoted(recordPath)} --html FILE`
  let page: string
  try {
    page = await pageOf(record, recordPath)
  } catch (error) {
    return new RunError(`cannot make ${file}: ${String(error)}; that is a bug in sockbench`)
  }
  try {
    replacePage(file, page, `the record is kept, so make room, and \`${again}\` writes one`)
    return file
  } catch (error) {
    if (error instanceof RunError) return error
    throw error
  }
}

function replacePage(file: string, page: string, remedy: string): void {
  try {
    replaceFile(file, page)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new RunError(`cannot write ${file}: ${code}; ${remedy}`)
  }
}

const own = join('results', 'calibration')
const reference = join('results', 'reference', 'calibration')

/** What was found out here goes before what comes with this checkout, which a package has not. */
function calibrationFor(records: readonly SockbenchRecord[]): string[] {
  const machines = records.flatMap(({ environment, merged }) =>
    merged.length === 0 ? [environment] : merged.map(one => one.environment),
  )
  return quotedCalibration(machines, [
    { name: own, directory: own },
    { name: reference, directory: join(ownCheckout, reference) },
  ])
}
