/** Of a frame's header: extension_type u16, msg_type u8, msg_length u24, all little-endian. */
export const SV2_HEADER_SIZE = 6
/** What msg_length can say. */
export const MAX_SV2_PAYLOAD_LENGTH = 0xff_ffff

/** No extension, and channel_msg (the highest bit) unset, as in all template distribution. */
export const NO_EXTENSION = 0x0000

/**
 * Writes a whole unencrypted message, header and payload (Stratum v2 specification, "Framing").
 * Connections here start with it: no Noise handshake and no SetupConnection go before.
 * @returns its length in bytes
 */
export function writeFrame(
  target: Uint8Array,
  offset: number,
  extensionType: number,
  messageType: number,
  payload: Uint8Array,
): number {
  const { length } = payload
  if (length > MAX_SV2_PAYLOAD_LENGTH) {
    throw new RangeError(`a payload of ${length} bytes does not fit msg_length, which has 24 bits`)
  }
  target[offset] = extensionType
  target[offset + 1] = extensionType >>> 8
  target[offset + 2] = messageType
  target[offset + 3] = length
  target[offset + 4] = length >>> 8
  target[offset + 5] = length >>> 16
  target.set(payload, offset + SV2_HEADER_SIZE)
  return SV2_HEADER_SIZE + length
}
