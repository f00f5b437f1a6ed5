/** Bytes of a database that are copied to be looked at without being asked for; with --deep, all. */
export const LARGEST_LOOK = 1_000_000_000
