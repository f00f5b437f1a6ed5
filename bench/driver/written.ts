// What a client has written, for when its server asks again: frames behind one another in one buffer, since a driver writes a million of
// them. What it costs beside that is paid by who is asked, which is seldom.
const FIRST_BYTES = 4_096

export interface Written {
  add(frame: Uint8Array): void
  /** All frames, behind one another. */
  bytes(): Uint8Array
}

export function written(): Written {
  let bytes = new Uint8Array(0)
  let length = 0
  return {
    add(frame) {
      if (length + frame.length > bytes.length) {
        const larger = new Uint8Array(Math.max(FIRST_BYTES, 2 * bytes.length, length + frame.length))
        larger.set(bytes)
        bytes = larger
      }
      bytes.set(frame, length)
      length += frame.length
    },
    bytes: () => bytes.subarray(0, length),
  }
}
