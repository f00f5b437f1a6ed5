/**
 * Port: the other tabs (or processes) that share this device's storage. Laws:
 * - `lead(run)` calls `run` once this tab holds the network role; at most one tab holds it at a time; it passes on when the holder
 *   closes, crashes or calls what `run` was given; `leave` gives up waiting or leading.
 * - `send` reaches every other tab of the same (app, user) that listens, in order, and never this one. News may be lost when a tab sleeps:
 *   storage is the truth.
 */
export interface Tabs {
  send(news: unknown): void
  listen(listener: (news: unknown) => void): () => void
  lead(run: () => void): { leave(): void }
  close(): void
}
