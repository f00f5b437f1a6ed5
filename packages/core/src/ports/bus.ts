/**
 * Port: hints between nodes. Lossy by contract (R5): the log is the truth. Laws:
 * - What is published reaches each subscriber of the topic at most a few times, in any order, or never; the publisher may hear itself.
 * - `publish` never throws and never blocks; payloads are at most 7,000 bytes.
 * - After `unsubscribe` returns, the listener is not called again.
 */
export interface Bus {
  publish(topic: string, payload: Uint8Array): void
  subscribe(topic: string, listener: (payload: Uint8Array) => void): () => void
  close(): Promise<void>
}
