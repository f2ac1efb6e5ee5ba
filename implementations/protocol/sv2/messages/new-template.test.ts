import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Malformed } from '../../p2p/malformed.ts'
import { decodeNewTemplate, encodeNewTemplate, type NewTemplate } from './new-template.ts'

const uint32 = fc.nat(0xffff_ffff)
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map(bytes => String.fromCharCode(...bytes))
const newTemplate: fc.Arbitrary<NewTemplate> = fc.record(
  {
    templateId: uint64,
    futureTemplate: fc.boolean(),
    version: uint32,
    coinbaseTxVersion: uint32,
    coinbasePrefix: bytes(255),
    coinbaseTxInputSequence: uint32,
    coinbaseTxValueRemaining: uint64,
    coinbaseTxOutputsCount: uint32,
    coinbaseTxOutputs: bytes(600),
    coinbaseTxLocktime: uint32,
    merklePath: fc.array(hash, { maxLength: 12 }),
  },
  { noNullPrototype: true },
)

const example: NewTemplate = {
  templateId: 0x0102n,
  futureTemplate: true,
  version: 0x2000_0000,
  coinbaseTxVersion: 2,
  coinbasePrefix: Buffer.from('0380a00d', 'hex'),
  coinbaseTxInputSequence: 0xffff_fffe,
  coinbaseTxValueRemaining: 312_500_000n, // 0x12a05f20
  coinbaseTxOutputsCount: 1,
  coinbaseTxOutputs: Buffer.from('c1c2c3', 'hex'),
  coinbaseTxLocktime: 0x0a0b_0c0d,
  merklePath: ['\xd1'.repeat(32), '\xd2'.repeat(32)],
}

// Field by field as the specification lists them.
const exampleHex = [
  '0201000000000000', // template_id U64
  '01', // future_template BOOL
  '00000020', // version U32
  '02000000', // coinbase_tx_version U32
  '040380a00d', // coinbase_prefix B0_255
  'feffffff', // coinbase_tx_input_sequence U32
  '205fa01200000000', // coinbase_tx_value_remaining U64
  '01000000', // coinbase_tx_outputs_count U32
  '0300c1c2c3', // coinbase_tx_outputs B0_64K
  '0d0c0b0a', // coinbase_tx_locktime U32
  `02${'d1'.repeat(32)}${'d2'.repeat(32)}`, // merkle_path SEQ0_255[U256]
].join('')

test('the fields are on the wire in the order and size of the specification', () => {
  assert.equal(Buffer.from(encodeNewTemplate(example)).toString('hex'), exampleHex)
})

test('any template is read back', () => {
  fc.assert(
    fc.property(newTemplate, message => {
      assert.deepEqual(decodeNewTemplate(encodeNewTemplate(message)), message)
    }),
  )
})

test('a truncated template is unreadable, whichever byte it ends at', () => {
  const payload = Buffer.from(exampleHex, 'hex')
  for (let length = 0; length < payload.length; length++) {
    const decoded = decodeNewTemplate(payload.subarray(0, length))
    assert.ok(decoded instanceof Malformed && decoded.reason === 'NewTemplate is truncated')
  }
})

test('of a BOOL only the lowest bit counts', () => {
  const payload = Buffer.from(exampleHex, 'hex')
  for (const [byte, expected] of [
    [0xfe, false],
    [0xff, true],
  ] as const) {
    payload[8] = byte
    const decoded = decodeNewTemplate(payload)
    assert.ok(!(decoded instanceof Malformed))
    assert.equal(decoded.futureTemplate, expected)
  }
})

test('what does not fit its length field is refused', () => {
  for (const change of [
    { coinbasePrefix: new Uint8Array(256) },
    { coinbaseTxOutputs: new Uint8Array(65_536) },
    { merklePath: Array<string>(256).fill('\0'.repeat(32)) },
  ])
    assert.throws(() => encodeNewTemplate({ ...example, ...change }), RangeError)
})

function bytes(maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ maxLength, size: 'max' }).map(array => Buffer.from(array))
}
