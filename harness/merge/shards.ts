import { type Shard, shardText } from '../shard.ts'

/** Which shard something stored is, from '2/4'; undefined for what is whole. */
export function storedShard(text: unknown): Shard | undefined {
  const [, number, of] = /^(\d+)\/(\d+)$/.exec(typeof text === 'string' ? text : '') ?? []
  return of === undefined ? undefined : { number: Number(number), of: Number(of) }
}

/** What these do not have between them, a line each: nothing if all of them are whole. */
export function missingShards(texts: readonly unknown[]): string[] {
  const shards = texts.flatMap(text => storedShard(text) ?? [])
  const counts = [...new Set(shards.map(({ of }) => of))]
  return counts.flatMap(of => {
    const there = new Set(shards.filter(one => one.of === of).map(({ number }) => number))
    const all = Array.from({ length: of }, (_, i) => ({ number: i + 1, of }))
    const missing = all.filter(({ number }) => !there.has(number)).map(shardText)
    if (missing.length === 0) return []
    const are = missing.length === 1 ? ['shard', 'is'] : ['shards', 'are']
    return [`unfinished: ${are[0]} ${missing.join(', ')} ${are[1]} missing`]
  })
}
