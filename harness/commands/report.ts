import { Command } from '@commander-js/extra-typings'
import { reanalysed } from '../reanalysis.ts'
import { latestRecord, loadRecord } from '../record-store.ts'
import { reportModel } from '../report/model.ts'
import { positiveNumber } from './arguments.ts'
import { pageOf } from './record-page.ts'
import { assertDeliverable, deliver, reportOptions } from './report-delivery.ts'

export function reportCommand() {
  return new Command('report')
    .description('print a stored record again, analysed anew from its samples')
    .argument('[record]', 'a record.json or its directory; without it, the newest under results/')
    .option('--margin <percent>', 'another equivalence margin', positiveNumber)
    .addOption(reportOptions.md)
    .addOption(reportOptions.html)
    .option('--json', 'print the record on stdout, and nothing else', false)
    .option('--quiet', 'print no report: for the files alone', false)
    .option('--no-color', 'no colours (as NO_COLOR)')
    .action(async (path, { margin, ...delivery }) => {
      assertDeliverable(delivery)
      const file = path ?? latestRecord('results')
      const record = reanalysed(loadRecord(file), margin)
      const model = reportModel(record, file)
      await deliver({ model, data: record, page: () => pageOf(record, file) }, delivery)
    })
}
