/** `none` trusts the message checksum; `merkle` hashes every transaction of every block as well. */
export const verifyLevels = ['none', 'merkle'] as const
export type VerifyLevel = (typeof verifyLevels)[number]
