import type { StoreLook } from '@joinery/core'

/** Looks at a database and changes nothing; see `inspectSqlite`. */
export type InspectStore = (options: {
  readonly file: string
  readonly scratch: string
  readonly deep: boolean
}) => Promise<StoreLook>
