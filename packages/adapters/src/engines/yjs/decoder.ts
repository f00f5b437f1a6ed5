/**
 * Yjs' own decoder, with shorter ways to read ids: most of a long text is ids, and who opens one on a new device reads them before anything
 * is compiled. Law: reads what Yjs' decoder reads, and throws where it throws.
 */
import { createID, UpdateDecoderV1, type ID } from 'yjs'

export class Decoder extends UpdateDecoderV1 {
  override readLeftID(): ID {
    const author = this.readLen()
    return createID(author, this.readLen())
  }

  override readRightID(): ID {
    return this.readLeftID()
  }

  /** A number; what is longer than four bytes, or is not there, is Yjs' to read. */
  override readLen(): number {
    const { restDecoder } = this
    const { arr } = restDecoder
    let { pos } = restDecoder
    let byte = arr[pos++] as number
    let value = byte & 0x7f
    if (byte >= 0x80) {
      byte = arr[pos++] as number
      value |= (byte & 0x7f) << 7
      if (byte >= 0x80) {
        byte = arr[pos++] as number
        value |= (byte & 0x7f) << 14
        if (byte >= 0x80) {
          byte = arr[pos++] as number
          value |= (byte & 0x7f) << 21
        }
      }
    }
    // Also false for what is not there.
    if (!(byte < 0x80)) return super.readLen()
    restDecoder.pos = pos
    return value
  }
}
