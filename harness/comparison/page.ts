import { reportPage } from '../report/html/page.ts'
import { compressed } from '../report/html/raw-data.ts'
import type { ReportModel } from '../report/model.ts'
import type { RecordFile } from './model.ts'
import { machineTraits } from './same-machine.ts'

/** The page of two stored records. @param data what `--json` prints, which the page offers as a file */
export function comparisonPage(
  base: RecordFile,
  head: RecordFile,
  model: ReportModel,
  data: object,
): Promise<string> {
  const environmentOf = (which: string, { record }: RecordFile) => ({
    name: `Everything known of the machine of ${which}`,
    traits: [...machineTraits(record.environment)],
  })
  return reportPage(model, {
    title: 'sockbench: two records compared',
    about: `base: ${base.record.startedAt}; head: ${head.record.startedAt}`,
    calibration: [CALIBRATION],
    environments: [environmentOf('base', base), environmentOf('head', head)],
    rawData: mostCharacters => {
      const content = compressed(data)
      if (content.length > mostCharacters) return null
      return { fileName: 'comparison.json.gz', content, description: DATA }
    },
  })
}

const CALIBRATION =
  'Comparisons of records of different times were not calibrated: those of one run were, and only those ' +
  'keep the machine out of it.'

const DATA =
  'What the two records differ by, with the intervals, as `sockbench compare --json` prints it.'
