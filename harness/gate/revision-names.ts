/** The names of the revisions in the records of a gate. */
export const BASE = 'base'
export const HEAD = 'head'
