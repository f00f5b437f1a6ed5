/**
 * Port: a two-way stream of binary frames to a relay. Laws:
 * - `connect` returns at once and never throws; exactly one of `opened` … `closed` or only `closed` follows, never inside the call, and
 *   nothing after `closed`. An address that leads nowhere, or is none, is `closed` with 1006.
 * - Frames arrive whole, in order, each once; after a break an unknown suffix of what was sent is lost on either side.
 * - `send` before `opened` or after `closed` does nothing; `buffered` is bytes accepted by `send` and not yet handed to the network.
 * - After `close` only `closed` follows, with the code and reason given and at once, whether the peer answers or not. The peer gets what
 *   was sent before, then the code (1000 and 3000 to 4999; another as 1000) and the reason (its first 123 bytes). No code or reason throws.
 */
export interface Transport {
  connect(url: string, on: WireEvents): Wire
}

export interface WireEvents {
  opened(): void
  frame(bytes: Uint8Array): void
  closed(reason: WireClose): void
}

export interface WireClose {
  /** WebSocket close code, or 1006 when the connection broke or never came to be. */
  readonly code: number
  readonly reason: string
}

export interface Wire {
  send(frame: Uint8Array): void
  close(code: number, reason: string): void
  buffered(): number
  /** Whether what the peer sends is fetched, so that it may take a moment: the link is none in real time. */
  readonly polls?: boolean
}
