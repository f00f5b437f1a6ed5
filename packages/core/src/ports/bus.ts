/**
 * Port: hints between nodes. Lossy by contract (R5): the log is the truth. Laws:
 * - What is published reaches each subscriber of the topic at most a few times, in any order, or never; the publisher may hear itself.
 * - `publish` never throws, never blocks and calls nobody itself; a payload of more than `payloadBytes` is dropped. While the others cannot be
 *   reached, what is published is dropped too, and nothing of it is kept.
 * - Payloads come unshared.
 * - `missed` is called when hints may have been lost that were published since `subscribe`, and from now on they come: once a subscription
 *   holds that did not at once, and whenever others are reached again (MN-03). Whoever looks at the log then, and hears, misses nothing.
 * - After `unsubscribe` returns, the listener is not called again; after `close`, none of this bus is, and `publish` does nothing.
 */
/** A payload of so many bytes travels on every bus: what fits into a Postgres NOTIFY with its topic (MN-02). */
export const BUS_PAYLOAD_BYTES = 7_000

export interface Bus {
  /**
   * Whether presence is worth publishing, and what a commit brought with its hint: there may be others to hear it, and what comes many times a
   * second is no burden.
   */
  readonly carriesPresence: boolean
  /** The largest payload that travels; at least BUS_PAYLOAD_BYTES. */
  readonly payloadBytes: number
  publish(topic: string, payload: Uint8Array): void
  subscribe(topic: string, listener: (payload: Uint8Array) => void, missed?: () => void): () => void
  /** Whether what is published now can reach others. */
  isUp(): boolean
  close(): Promise<void>
}

/** What a bus between machines tells whoever runs it. */
export interface BusEvents {
  /** The others are reached, or not any more, or not from the start: each change once. */
  readonly reached?: (isUp: boolean, reason?: unknown) => void
  /** So many hints were dropped here. */
  readonly dropped?: (count: number) => void
  /** How full a queue is that holds up every node when it is: 0 to 1, from time to time (MN-04). */
  readonly backlog?: (share: number) => void
}
