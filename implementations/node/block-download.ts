/** Core's MAX_BLOCKS_IN_TRANSIT_PER_PEER. */
export const MAX_BLOCKS_IN_TRANSIT_PER_PEER = 16
/** No block this far above the first missing one is asked for (Core's BLOCK_DOWNLOAD_WINDOW). */
export const BLOCK_DOWNLOAD_WINDOW = 1024

/**
 * Which block is wanted, asked of whom, or here, by height (`mapBlocksInFlight` and
 * `FindNextBlocksToDownload`). Peers are their connection ids.
 */
export class BlockDownload {
  /** Height of the last block of the unbroken chain from genesis. */
  tipHeight = 0
  /** Per height: WANTED, HERE, or the id of the peer that was asked. */
  private readonly state = new HeightTable()
  /** Every height from the tip up to here is in flight or here. */
  private settledHeight = 0

  /**
   * Marks up to `count` more blocks as in flight from `peer`.
   * @param bestKnownHeight the highest block that the peer is known to have
   * @returns the heights to ask for, ascending
   */
  requestNext(peer: number, bestKnownHeight: number, count: number): number[] {
    const heights: number[] = []
    const end = Math.min(bestKnownHeight, this.tipHeight + BLOCK_DOWNLOAD_WINDOW)
    let height = this.settledHeight + 1
    for (; height <= end && heights.length < count; height++) {
      if (this.state.get(height) !== WANTED) continue
      this.state.set(height, peer)
      heights.push(height)
    }
    this.settledHeight = height - 1
    return heights
  }

  /**
   * The peer that keeps the window from moving: it was asked for the first missing block, and
   * `peer` could be asked for more if only the window ended later.
   */
  staller(peer: number, bestKnownHeight: number): number | undefined {
    const windowEnd = this.tipHeight + BLOCK_DOWNLOAD_WINDOW
    if (bestKnownHeight <= windowEnd || this.settledHeight < windowEnd) return undefined
    const asked = this.state.get(this.tipHeight + 1)
    return asked === WANTED || asked === peer ? undefined : asked
  }

  /** The peer that was asked for this block; undefined when nobody was. */
  askedOf(height: number): number | undefined {
    const state = this.state.get(height)
    return state >= 0 ? state : undefined
  }

  isHere(height: number): boolean {
    return height <= this.tipHeight || this.state.get(height) === HERE
  }

  /** The block arrived and is good. @returns how many blocks the unbroken chain grew by */
  arrived(height: number): number {
    this.state.set(height, HERE)
    const before = this.tipHeight
    while (this.state.get(this.tipHeight + 1) === HERE) this.tipHeight++
    return this.tipHeight - before
  }

  /** The block will not come from whoever was asked: ask again, anyone. */
  giveUp(height: number): void {
    this.state.set(height, WANTED)
    this.settledHeight = Math.min(this.settledHeight, height - 1)
  }

  /** The peer is gone: what it was asked for is wanted again. */
  giveUpAllOf(peer: number): void {
    const end = this.tipHeight + BLOCK_DOWNLOAD_WINDOW
    for (let height = end; height > this.tipHeight; height--) {
      if (this.state.get(height) === peer) this.giveUp(height)
    }
  }
}

const WANTED = -1
const HERE = -2

/** An Int32Array that grows; heights beyond its end are WANTED. */
class HeightTable {
  private values = new Int32Array(4096).fill(WANTED)

  get(height: number): number {
    return height < this.values.length ? this.values[height] : WANTED
  }

  set(height: number, value: number): void {
    while (height >= this.values.length) {
      const grown = new Int32Array(this.values.length * 2).fill(WANTED)
      grown.set(this.values)
      this.values = grown
    }
    this.values[height] = value
  }
}
