import type { Failure } from '../record.ts'
import { subjectName } from './subject-rows.ts'

export function failureText(failure: Failure): string {
  const { scenario, label, round, stage, reason } = failure
  return `${subjectName(failure)} did not finish ${scenario} (${label}), round ${round}, ${stage}: ${reason}`
}
