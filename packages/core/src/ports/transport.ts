/**
 * Port: a two-way stream of binary frames to a relay. Laws:
 * - `connect` returns at once; exactly one of `opened` … `closed` or only `closed` follows, and nothing after `closed`.
 * - Frames arrive whole, in order, each once; after a break an unknown suffix of what was sent is lost on either side.
 * - `send` before `opened` or after `closed` does nothing; `buffered` is bytes accepted by `send` and not yet handed to the network.
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
}
