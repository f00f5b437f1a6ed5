/** The client as an app sees it. */
import type { Kind, Kinds } from '@joinery/core/kinds'
import type { Collection } from './collection.ts'
import type { Events } from './events.ts'
import type { LinkOptions } from './options.ts'
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

/** The library on this device: the accessors of the personal space, and what concerns all spaces. */
export type Client<K extends Kinds> = SpaceClient<K> & {
  /** The same for a shared space, which is kept on this device from now on. */
  space(id: string): SpaceClient<K>
  readonly shelf: Shelf
  readonly status: StatusDesk
  readonly events: Events
  /** This device's name, as edits carry it. */
  device(): string
  /** Begins to keep in step with a relay, or with another token. What is on the device moves into the account. */
  linkTo(options: LinkOptions): void
  /** Resolves to true once everything is in step, to false when the relay cannot be reached. */
  syncNow(): Promise<boolean>
  /** Asks the platform to keep the data for good; resolves to whether it promised. */
  persist(): Promise<boolean>
  /** Waits until every edit is saved, 10 s at most while storage fails, and ends. Twice is once. */
  close(): Promise<void>
  /** Deletes everything of this user from the device, in all tabs, and ends (CL-16). Look at `status.pending` first. */
  logout(): Promise<void>
}
