import { Command } from '@commander-js/extra-typings'
import { print } from '../print.ts'
import { reanalysed } from '../reanalysis.ts'
import { latestRecord, loadRecord } from '../record-store.ts'
import { terminalReport, terminalStyle } from '../report/terminal.ts'
import { positiveNumber } from './arguments.ts'

export function reportCommand() {
  return new Command('report')
    .description('print a stored record again, analysed anew from its samples')
    .argument('[record]', 'a record.json or its directory; without it, the newest under results/')
    .option('--margin <percent>', 'another equivalence margin', positiveNumber)
    .option('--no-color', 'no colours (as NO_COLOR)')
    .action((path, { margin, color }) => {
      const file = path ?? latestRecord('results')
      const record = reanalysed(loadRecord(file), margin)
      const style = terminalStyle(process.stdout, process.env)
      print(terminalReport(record, file, { ...style, colour: style.colour && color }))
    })
}
