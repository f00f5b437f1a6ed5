/**
 * Port: the other tabs (or processes) that share this device's storage. Laws:
 * - `lead(run)` calls `run` once, when this tab holds the network role, never inside the call; at most one tab holds it at a time. It
 *   passes on, to whoever waits longest, when the holder leaves, closes or crashes; `leave` gives up waiting or leading and is idempotent.
 * - `send` reaches every other tab of the same (app, user) that listens, in order, as a copy, never inside the call and never this tab.
 *   News may be lost when a tab sleeps: storage is the truth.
 * - After `close` nothing of this tab is called, and what it calls does nothing.
 */
export interface Tabs {
  send(news: unknown): void
  listen(listener: (news: unknown) => void): () => void
  lead(run: () => void): { leave(): void }
  close(): void
}
