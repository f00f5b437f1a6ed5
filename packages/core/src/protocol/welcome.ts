/** Relay, after `hello`: the session, whose it is, the relay's time and its limits. */
import type { Codec } from './codec.ts'
import { SUBJECT_BYTES } from './limits.ts'
import { readCount, readId, readText, readUint, writeCount, writeId, writeText, writeUint } from './primitives.ts'

export interface Welcome {
  readonly type: 'welcome'
  readonly version: number
  readonly session: string
  readonly subject: string
  /** The id behind the space name `me`. A device that knows another one belongs to someone else (WRONG_SUBJECT). */
  readonly personal: string
  /** Milliseconds since 1970 on the relay. */
  readonly wall: number
  readonly frameBytes: number
  readonly documentBytes: number
}

export const welcome: Codec<Welcome> = {
  write(encoder, message) {
    writeCount(encoder, message.version)
    writeId(encoder, message.session)
    writeText(encoder, message.subject, SUBJECT_BYTES)
    writeId(encoder, message.personal)
    writeUint(encoder, message.wall)
    writeCount(encoder, message.frameBytes)
    writeCount(encoder, message.documentBytes)
  },
  read(decoder) {
    return {
      type: 'welcome',
      version: readCount(decoder),
      session: readId(decoder),
      subject: readText(decoder, SUBJECT_BYTES),
      personal: readId(decoder),
      wall: readUint(decoder),
      frameBytes: readCount(decoder),
      documentBytes: readCount(decoder),
    }
  },
}
