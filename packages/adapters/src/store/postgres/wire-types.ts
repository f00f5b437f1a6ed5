/**
 * How what Postgres answers is read, in its text form, which is the only one that the driver hands on whole: bytes as bytes, and whole numbers
 * as numbers. Law: a type that is not here is not asked for, and reading it throws.
 */

type Read = (text: string) => unknown

const asText: Read = text => text
const READ_BY_TYPE: Readonly<Record<number, Read>> = {
  // bool, bytea, int8, int2, int4, text, varchar, void
  16: text => text === 't',
  17: bytesOfHex,
  20: Number,
  21: Number,
  23: Number,
  25: asText,
  1043: asText,
  2278: () => undefined,
}

/** `\\x` and the digits. */
function bytesOfHex(text: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = Buffer.from(text.slice(2), 'hex')
  return new Uint8Array(buffer, byteOffset, byteLength)
}

export const TYPES = {
  getTypeParser(type: number): Read {
    const read = READ_BY_TYPE[type]
    if (read === undefined) throw new Error(`a column of type ${type}`)
    return read
  },
}
