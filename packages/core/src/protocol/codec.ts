/**
 * How one message is written and read. `read` may throw anything on bad bytes: `decodeMessage` turns it into BAD_FRAME. `write` throws
 * BAD_INPUT for what `read` would refuse.
 */
import type { Decoder } from 'lib0/decoding'
import type { Encoder } from 'lib0/encoding'

export interface Codec<M> {
  write(encoder: Encoder, message: M): void
  read(decoder: Decoder): M
}
