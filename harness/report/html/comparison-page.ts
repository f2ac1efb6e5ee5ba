import type { SockbenchRecord } from '../../record.ts'
import type { ReportModel } from '../model.ts'
import { reportPage } from './page.ts'
import { rawData } from './raw-data.ts'
import { aboutText, environmentsOf } from './record-page.ts'

/** One of two stored records that are compared. */
interface Compared {
  path: string
  record: SockbenchRecord
}

/** The page of two stored records, compared. @param model what the comparison says */
export async function comparisonPage(
  model: ReportModel,
  base: Compared,
  head: Compared,
  calibration: readonly string[],
): Promise<string> {
  const sides = [
    { side: 'base', ...base },
    { side: 'head', ...head },
  ]
  return reportPage(model, {
    title: 'sockbench: two records compared',
    about: sides.map(({ side, record }) => `${side}: ${aboutText(record)}`).join('; '),
    calibration,
    environments: sides.flatMap(({ side, record }) => environmentsOf(record, `${side}’s`)),
    rawData: mostCharacters =>
      sides.map(({ side, record, path }) => ({
        name: `The record of ${side}`,
        data: rawData(record, side, path, Math.floor(mostCharacters / sides.length)),
      })),
  })
}
