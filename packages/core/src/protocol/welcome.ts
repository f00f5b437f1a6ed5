/** Relay, after `hello`: the session, whose it is, the relay's time and its limits. */
import { readVarString, readVarUint } from 'lib0/decoding'
import { writeVarString, writeVarUint } from 'lib0/encoding'
import type { Codec } from './codec.ts'
import { readId } from './primitives.ts'

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
    writeVarUint(encoder, message.version)
    writeVarString(encoder, message.session)
    writeVarString(encoder, message.subject)
    writeVarString(encoder, message.personal)
    writeVarUint(encoder, message.wall)
    writeVarUint(encoder, message.frameBytes)
    writeVarUint(encoder, message.documentBytes)
  },
  read(decoder) {
    return {
      type: 'welcome',
      version: readVarUint(decoder),
      session: readVarString(decoder),
      subject: readVarString(decoder),
      personal: readId(decoder),
      wall: readVarUint(decoder),
      frameBytes: readVarUint(decoder),
      documentBytes: readVarUint(decoder),
    }
  },
}
