/** Core's `MAX_HEADERS_SIZE`: start line, headers and trailers of one message together. */
export const MAX_HEADERS_BYTES = 8_192
/** Core's `MAX_SIZE`: the longest body of a request. */
export const MAX_BODY_BYTES = 32 << 20
