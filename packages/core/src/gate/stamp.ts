/**
 * Finds the greatest stamp of a hybrid logical clock without knowing keys or kinds (design §5): a `latest` value is `[stamp, value]`.
 * The format is hlc.ts': `~` and fourteen of base32hex. Here it is read over bytes, since most updates carry none and none need a string.
 */
export const STAMP_LENGTH = 15

const TILDE = 0x7e

/** Whether `bytes[from, to)` is a stamp. */
function isStampAt(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== STAMP_LENGTH || bytes[from] !== TILDE) return false
  for (let i = from + 1; i < to; i++) {
    const byte = bytes[i] as number
    if (!(byte >= 0x30 && byte <= 0x39) && !(byte >= 0x61 && byte <= 0x76)) return false
  }
  return true
}

/** The greatest stamp seen. Comparing the bytes compares the stamps. */
export class StampMax {
  private bytes: Uint8Array | undefined = undefined
  private from = 0

  /** `bytes` must not change afterwards. */
  saw(bytes: Uint8Array, from: number, to: number): void {
    if (!isStampAt(bytes, from, to)) return
    if (this.bytes !== undefined && !isGreater(bytes, from, this.bytes, this.from)) return
    this.bytes = bytes
    this.from = from
  }

  get value(): string | undefined {
    const { bytes, from } = this
    if (bytes === undefined) return undefined
    let stamp = ''
    for (let i = from; i < from + STAMP_LENGTH; i++) stamp += String.fromCharCode(bytes[i] as number)
    return stamp
  }
}

function isGreater(bytes: Uint8Array, from: number, than: Uint8Array, thanFrom: number): boolean {
  for (let i = 0; i < STAMP_LENGTH; i++) {
    const difference = (bytes[from + i] as number) - (than[thanFrom + i] as number)
    if (difference !== 0) return difference > 0
  }
  return false
}
