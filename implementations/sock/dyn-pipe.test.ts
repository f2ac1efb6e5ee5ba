import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DynPipe } from './dyn-pipe.ts'

test('bytes come out as they went in, never more than the capacity at once', () => {
  const sizes = fc.array(fc.record({ write: fc.nat(20), read: fc.nat(20) }), { maxLength: 50 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16 }), sizes, (capacityBytes, steps) => {
      const pipe = new DynPipe(capacityBytes)
      let written = 0
      let read = 0
      for (const step of steps) {
        const data = Uint8Array.from({ length: step.write }, (_, i) => written + i)
        const accepted = Math.min(step.write, capacityBytes - (written - read))
        assert.equal(pipe.write(data), accepted)
        written += accepted
        assert.equal(pipe.length, written - read)
        assert.equal(pipe.room, capacityBytes - pipe.length)
        const buffer = new Uint8Array(step.read)
        const n = pipe.read(buffer)
        assert.equal(n, Math.min(step.read, written - read))
        assert.deepEqual(
          [...buffer.subarray(0, n)],
          Array.from({ length: n }, (_, i) => (read + i) & 0xff),
        )
        read += n
      }
    }),
  )
})
