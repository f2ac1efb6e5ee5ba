import type { RevisionSource } from '../record.ts'

/** `01234567 with changes`, or where a revision without a commit came from. */
export function revisionText({ gitSha, dirty, directory, command }: RevisionSource): string {
  const place = gitSha?.slice(0, 8) ?? directory ?? command ?? 'without git'
  return dirty === true ? `${place} with changes` : place
}
