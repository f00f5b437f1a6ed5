/** What a client is made of. The browser entry fills in everything but the first two. */
import type { Clock, Engine, Random, Storage, Tabs, Transport } from '@joinery/core'
import type { Kinds, Library } from '@joinery/core/kinds'

/** Gives a token for the relay, or undefined when nobody is signed in. Called again before it ends, and when the relay asks. */
export type TokenSource = () => string | undefined | Promise<string | undefined>

export interface LinkOptions {
  /** The relay's address: `wss://…`, or `ws://` on this machine. */
  readonly url: string
  readonly token: TokenSource
}

/** A few bytes kept apart from the storage, by which its loss is noticed (CL-04). */
export interface Marker {
  get(): string | undefined
  set(value: string): void
  clear(): void
}

/** What the platform says about the world outside. */
export interface Surroundings {
  online(): boolean
  /** `wake`: the page is seen again, or the machine woke. Returns what stops listening. */
  listen(listener: (event: 'online' | 'offline' | 'wake') => void): () => void
}

export interface BaseOptions<K extends Kinds> {
  readonly library: Library<K>
  /** Whose library this is on this device: each user has a storage of their own. */
  readonly user: string
  /** Without an address the client works by itself, for ever, or until `linkTo`. */
  readonly url?: string | undefined
  readonly token?: TokenSource | undefined
  /** Spaces to keep on this device; the personal one by default. */
  readonly spaces?: readonly string[]
  /** Lets the browser entry's transport use an address that is not encrypted and not on this machine. For tests. */
  readonly allowInsecure?: boolean
  /** Stored bytes above which bodies that nobody opened for long are left to the relay; 400 MB by default. */
  readonly evictAbove?: number
  readonly engines: readonly Engine[]
  /** The storage, or what opens it under a name. */
  readonly storage: Storage | ((name: string) => Storage | Promise<Storage>)
  /** What is used when `storage` cannot be opened: memory, so that the app works and says that nothing is kept (CL-02). */
  readonly fallbackStorage?: () => Storage
  readonly tabs: Tabs | ((name: string) => Tabs)
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly marker?: Marker | ((name: string) => Marker)
  readonly surroundings?: Surroundings
}
