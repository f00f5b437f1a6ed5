/** The client as an app sees it. */
import type { Kind, Kinds } from '@joinery/core/kinds'
import type { Collection } from './collection.ts'
import type { Shelf } from './shelf.ts'
import type { StatusDesk } from './status.ts'
import type { Trash } from './trash.ts'

/** One accessor for each kind of the library, under its name. */
export type Collections<K extends Kinds> = {
  readonly [N in keyof K]: K[N] extends Kind<string, infer F, infer R> ? Collection<F, R> : never
}

export type SpaceClient<K extends Kinds> = Collections<K> & {
  readonly trash: Trash
}

export type Client<K extends Kinds> = SpaceClient<K> & {
  /** The same for a shared space. */
  space(id: string): SpaceClient<K>
  readonly shelf: Shelf
  readonly status: StatusDesk
  /** Waits until every edit is saved, and ends. */
  close(): Promise<void>
}
