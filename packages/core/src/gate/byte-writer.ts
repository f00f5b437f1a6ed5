/** Writes an update: numbers as lib0 writes them, and pieces of other updates, most of them a few bytes. */
export class ByteWriter {
  private bytes: Uint8Array
  private length = 0

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity)
  }

  byte(value: number): void {
    this.makeRoom(1)
    this.bytes[this.length++] = value
  }

  uint(value: number): void {
    this.makeRoom(8)
    let rest = value
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.bytes[this.length++] = rest
  }

  copy(from: Uint8Array, start: number, end: number): void {
    const count = end - start
    this.makeRoom(count)
    // Making a view costs more than it saves for so few.
    if (count < 48) for (let at = start; at < end; at++) this.bytes[this.length++] = from[at] as number
    else {
      this.bytes.set(from.subarray(start, end), this.length)
      this.length += count
    }
  }

  /** What was written, and nothing behind it. */
  written(): Uint8Array {
    return this.length === this.bytes.length ? this.bytes : this.bytes.slice(0, this.length)
  }

  private makeRoom(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const bigger = new Uint8Array(Math.max(this.length + count, this.bytes.length * 2))
    bigger.set(this.bytes.subarray(0, this.length))
    this.bytes = bigger
  }
}
