/**
 * The payload of `verack`, `sendheaders`, `wtxidrelay` and `sendaddrv2`: the type says it all.
 * They need no decoder; whatever a peer puts there is ignored, as in Core.
 */
export const emptyPayload: Uint8Array = new Uint8Array(0)
