/**
 * The shape of a connection that the relay is handed: frames both ways, whoever carries them. Laws:
 * - Frames arrive whole, in order, each once; after `closed` nothing arrives.
 * - `send` after the end does nothing. `buffered` is bytes accepted by `send` and not yet handed to the network.
 * - `sendShared` is `send` for a frame that many are sent: what can be done once for all of them is, and kept beside it.
 * - `sendPieces` is `send` of one frame that is in several places: where it is there, nothing of it is copied.
 * - `together` is for sending many frames at a time: they go out with fewer calls of the system than there are frames.
 * - `hold(true)` asks for no more frames until `hold(false)`; a few may still arrive.
 * - `known` says that its token was taken.
 * - `id` is by what its lines in the log are found, whoever wrote them.
 */
export interface Socket {
  send(frame: Uint8Array): void
  sendShared?(frame: SharedFrame): void
  sendPieces?(pieces: readonly Uint8Array[]): void
  together?(send: () => void): void
  close(code: number, reason: string): void
  buffered(): number
  hold?(isHeld: boolean): void
  known?(): void
}

export interface SharedFrame {
  readonly bytes: Uint8Array
  /** As it goes over the network, header and all; undefined until somebody makes it. */
  wire: Uint8Array | undefined
}

export interface SocketEvents {
  readonly id?: string
  frame(bytes: Uint8Array): void
  closed(): void
}

export function sharedFrame(bytes: Uint8Array): SharedFrame {
  return { bytes, wire: undefined }
}
