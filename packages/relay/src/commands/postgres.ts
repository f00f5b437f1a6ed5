/** What commands do with a Postgres that holds a relay's data. */
import type { Store, StoreUpkeep } from '@joinery/core'

/** Rejects when there is no relay's data in it, and changes nothing of its schema. */
export type OpenPostgres = (options: { readonly url: string }) => Promise<Store & StoreUpkeep>

export interface PostgresParts {
  readonly openPostgres: OpenPostgres
  /** Puts a file in the place of what a database holds, which keeps another name: gives that. */
  readonly restorePostgres: (options: {
    readonly url: string
    readonly file: string
    readonly force: boolean
  }) => Promise<{ readonly aside: string | undefined }>
  /** Rejects as that would now. */
  readonly refuseUnlessFree: (options: { readonly url: string; readonly force: boolean }) => Promise<void>
  /** Rejects while a relay runs on it, and keeps those that start waiting meanwhile. */
  readonly withoutNodes: <T>(url: string, work: () => Promise<T>) => Promise<T>
}

/** A copy of what a Postgres holds, in a new file. */
export async function copyPostgres(
  { openPostgres }: Pick<PostgresParts, 'openPostgres'>,
  url: string,
  file: string,
): Promise<void> {
  const store = await openPostgres({ url })
  try {
    await store.copyTo(file)
  } finally {
    await store.close()
  }
}
