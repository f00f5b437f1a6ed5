/**
 * How a value is written and read: said once, for both ways. Laws:
 * - Fields travel in the order in which they are listed.
 * - `read` may throw anything on bad bytes: `decodeMessage` turns it into BAD_FRAME. What it would refuse, `write` refuses too
 *   (BAD_INPUT): a fault shows where it was made.
 */
import { JoineryError } from '../errors.ts'
import type { FrameIn, FrameOut } from './frame.ts'

export interface Codec<T> {
  write(out: FrameOut, value: T): void
  read(input: FrameIn): T
}

type Fields<T> = { readonly [K in keyof T]-?: Codec<T[K]> }

/** A value with these fields, and with those of `base`, which do not travel. */
export function fields<T extends object>(codecs: Fields<T>, base?: object): Codec<T> {
  const list = Object.entries(codecs) as [keyof T & string, Codec<unknown>][]
  return {
    write(out, value) {
      for (const [name, codec] of list) codec.write(out, value[name])
    },
    read(input) {
      const value: Record<string, unknown> = { ...base }
      for (const [name, codec] of list) value[name] = codec.read(input)
      return value as T
    },
  }
}

/** A message is its number and its fields. The number is never used again. */
export interface MessageCodec<M> extends Codec<M> {
  readonly number: number
}

export function message<M extends { readonly type: string }>(
  type: M['type'],
  number: number,
  codecs: Fields<Omit<M, 'type'>>,
): MessageCodec<M> {
  return { number, ...(fields<object>(codecs, { type }) as Codec<M>) }
}

/** The same, of values that fit. */
export function checked<T>(of: Codec<T>, what: string, fits: (value: T) => boolean): Codec<T> {
  return {
    write(out, value) {
      must(fits(value), what)
      of.write(out, value)
    },
    read(input) {
      const value = of.read(input)
      must(fits(value), what)
      return value
    },
  }
}

/** Refuses what does not fit, on either side. */
export function must(fits: boolean, what: string): void {
  if (!fits) throw new JoineryError('BAD_INPUT', { what })
}
