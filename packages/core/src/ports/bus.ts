/**
 * Port: hints between nodes. Lossy by contract (R5): the log is the truth. Laws:
 * - What is published reaches each subscriber of the topic at most a few times, in any order, or never; the publisher may hear itself.
 * - `publish` never throws, never blocks and calls nobody itself; a payload of more than 7,000 bytes is dropped.
 * - Payloads come unshared.
 * - After `unsubscribe` returns, the listener is not called again; after `close`, none of this bus is, and `publish` does nothing.
 */
/** The largest payload that travels: what fits into a Postgres NOTIFY with its topic (MN-02). */
export const BUS_PAYLOAD_BYTES = 7_000

export interface Bus {
  publish(topic: string, payload: Uint8Array): void
  subscribe(topic: string, listener: (payload: Uint8Array) => void): () => void
  close(): Promise<void>
}
