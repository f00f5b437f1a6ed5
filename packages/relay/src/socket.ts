/**
 * The shape of a connection that the relay is handed: frames both ways, whoever carries them. Laws:
 * - Frames arrive whole, in order, each once; after `closed` nothing arrives.
 * - `send` after the end does nothing. `buffered` is bytes accepted by `send` and not yet handed to the network.
 * - `sendShared` is `send` for a frame that many are sent: what can be done once for all of them is.
 * - `hold(true)` asks for no more frames until `hold(false)`; a few may still arrive.
 */
export interface Socket {
  send(frame: Uint8Array): void
  sendShared?(frame: Uint8Array): void
  close(code: number, reason: string): void
  buffered(): number
  hold?(isHeld: boolean): void
}

export interface SocketEvents {
  frame(bytes: Uint8Array): void
  closed(): void
}
