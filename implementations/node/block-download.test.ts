import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BLOCK_DOWNLOAD_WINDOW, BlockDownload } from './block-download.ts'

const FAR = 100_000

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

test('blocks are asked for lowest first, each of one peer', () => {
  const download = new BlockDownload()
  assert.deepEqual(download.requestNext(1, FAR, 3), [1, 2, 3])
  assert.deepEqual(download.requestNext(2, FAR, 2), [4, 5])
  assert.deepEqual(download.requestNext(1, FAR, 0), [])
  assert.deepEqual(
    [1, 3, 4, 6].map(height => download.askedOf(height)),
    [1, 1, 2, undefined],
  )
})

test('a peer is not asked for what it does not have; others are', () => {
  const download = new BlockDownload()
  assert.deepEqual(download.requestNext(1, 2, 16), [1, 2])
  assert.deepEqual(download.requestNext(1, 2, 16), [])
  assert.deepEqual(download.requestNext(2, FAR, 2), [3, 4])
})

test('the tip moves over what is here, in whatever order it arrives', () => {
  const download = new BlockDownload()
  download.requestNext(1, FAR, 4)
  assert.equal(download.arrived(3), 0)
  assert.equal(download.arrived(2), 0)
  assert.deepEqual([download.isHere(2), download.isHere(1)], [true, false])
  assert.equal(download.arrived(1), 3)
  assert.equal(download.tipHeight, 3)
  assert.deepEqual(
    range(0, 5).filter(height => download.isHere(height)),
    [0, 1, 2, 3],
  )
  assert.equal(download.askedOf(3), undefined)
})

test('a block that nobody was asked for is not asked for afterwards', () => {
  const download = new BlockDownload()
  download.arrived(1)
  download.arrived(3)
  assert.deepEqual(download.requestNext(1, FAR, 3), [2, 4, 5])
})

test('nothing beyond the window above the tip is asked for, and the window moves with the tip', () => {
  const download = new BlockDownload()
  assert.deepEqual(download.requestNext(1, FAR, 5_000), range(1, BLOCK_DOWNLOAD_WINDOW))
  assert.deepEqual(download.requestNext(2, FAR, 16), [])
  download.arrived(2)
  assert.deepEqual(download.requestNext(2, FAR, 16), [])
  download.arrived(1)
  assert.deepEqual(download.requestNext(2, FAR, 16), [1025, 1026])
})

test('the staller is whom the first missing block was asked of, once the window is full', () => {
  const download = new BlockDownload()
  download.requestNext(1, FAR, 1)
  download.requestNext(2, FAR, BLOCK_DOWNLOAD_WINDOW - 2)
  assert.equal(download.staller(3, FAR), undefined, 'one more can be asked for')
  download.requestNext(3, FAR, 1)
  assert.equal(download.staller(3, FAR), 1)
  assert.equal(download.staller(1, FAR), undefined, 'a peer does not stall itself')
  assert.equal(download.staller(3, BLOCK_DOWNLOAD_WINDOW), undefined, 'it has no block beyond')
  download.arrived(1)
  assert.equal(download.staller(3, FAR), undefined, 'the window has moved')
})

test('a block that is given up is asked for again, before any other', () => {
  const download = new BlockDownload()
  download.requestNext(1, FAR, 10)
  download.giveUp(4)
  assert.equal(download.askedOf(4), undefined)
  assert.deepEqual(download.requestNext(2, FAR, 2), [4, 11])
  assert.equal(download.askedOf(4), 2)
})

test('what a lost peer was asked for is asked for again, and what came stays', () => {
  const download = new BlockDownload()
  download.requestNext(1, FAR, 3)
  download.requestNext(2, FAR, 3)
  download.requestNext(1, FAR, 2)
  download.arrived(2)
  download.giveUpAllOf(1)
  assert.deepEqual(download.requestNext(3, FAR, 6), [1, 3, 7, 8, 9, 10])
  assert.equal(download.askedOf(5), 2)
})

test('the last block of the window is given up as well', () => {
  const download = new BlockDownload()
  download.requestNext(1, FAR, BLOCK_DOWNLOAD_WINDOW - 1)
  download.requestNext(2, FAR, 1)
  download.giveUpAllOf(2)
  assert.deepEqual(download.requestNext(3, FAR, 5), [BLOCK_DOWNLOAD_WINDOW])
})

test('a long chain is downloaded whole, each block asked for once', () => {
  const download = new BlockDownload()
  const length = 10_000
  const asked: number[] = []
  while (download.tipHeight < length) {
    const heights = download.requestNext(1, length, 16)
    asked.push(...heights)
    for (const height of heights.reverse()) download.arrived(height)
  }
  assert.deepEqual(asked, range(1, length))
})
