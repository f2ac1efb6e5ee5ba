import { headerBits, headerTime } from '../../protocol/p2p/block-header.ts'
import type { ChainStore } from './chain-store.ts'

/** Core's `getblockchaininfo`, of a chain that is all there; about 400 bytes. */
export function chainInfo(store: ChainStore): string {
  const { tipHeight } = store
  const tip = store.header(tipHeight)
  const info = {
    chain: 'regtest',
    blocks: tipHeight,
    headers: tipHeight,
    bestblockhash: store.hashHex(tipHeight),
    bits: headerBits(tip, 0).toString(16),
    difficulty: REGTEST_DIFFICULTY,
    time: headerTime(tip, 0),
    mediantime: medianTime(store, tipHeight),
    verificationprogress: 1,
    initialblockdownload: false,
    chainwork: chainWork(tipHeight),
    size_on_disk: store.sizeBytes,
    pruned: false,
  }
  return `${JSON.stringify(info)}\n`
}

/** Of regtest's bits, 207fffff, against those of Bitcoin's first block. */
export const REGTEST_DIFFICULTY = 4.656542373906925e-10

/** `CBlockIndex::GetMedianTimePast`: of the last 11 blocks, in seconds since 1970. */
export function medianTime(store: ChainStore, height: number): number {
  const times: number[] = []
  for (let at = Math.max(0, height - 10); at <= height; at++) {
    times.push(headerTime(store.header(at), 0))
  }
  return times.sort((a, b) => a - b)[times.length >> 1]
}

/** Each of regtest's blocks, genesis included, is worth 2 hashes. */
export function chainWork(height: number): string {
  return (2 * (height + 1)).toString(16).padStart(64, '0')
}
