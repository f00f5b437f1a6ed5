/**
 * What one setting is: where it may be said, what it may be, and one sentence each for people. Law: what a file says is of the type that its
 * schema says; the environment and flags are text, and `form` says how that is read.
 */
import { z } from 'zod'

/** How text is read: as it stands, as a number, as yes or no, between commas, as a path, or as PEM or the path of a file that holds it. */
export type Form = 'text' | 'number' | 'switch' | 'list' | 'path' | 'pem'

export interface Setting<T = unknown> {
  readonly schema: z.ZodType<T>
  readonly form: Form
  /** What it is for. */
  readonly tells: string
  /** What is allowed, as it is told to who said something else. */
  readonly allowed: string
  /** As `port` for `--port`. A secret has none: whoever lists processes reads them. */
  readonly flag?: string
  readonly variable?: string
  /** Its value is shown nowhere; its variable may end in `_FILE` and name a file that holds it. */
  readonly isSecret?: boolean
}

type Words = Pick<Setting, 'tells' | 'flag' | 'variable'>

const NOTHING_UNSEEN = /^[^\p{Cc}]+$/u

function text({ allowed = 'text', ...words }: Words & { readonly allowed?: string }): Setting<string | undefined> {
  return { schema: z.string().regex(NOTHING_UNSEEN).optional(), form: 'text', allowed, ...words }
}

/** Text that stands for something when nobody says otherwise. */
export function textOr(value: string, { allowed = 'text', ...words }: Words & { readonly allowed?: string }) {
  const schema = z.string().regex(NOTHING_UNSEEN).default(value)
  return { schema, form: 'text', allowed, ...words } satisfies Setting<string>
}

export function path(words: Words): Setting<string | undefined> {
  return { ...text({ ...words, allowed: 'a path' }), form: 'path' }
}

interface Range {
  readonly from: number
  readonly to?: number
}

const rangeOf = ({ from, to }: Range): string =>
  to === undefined ? `a whole number from ${from}` : `a whole number from ${from} to ${to}`

const within = ({ from, to = Number.MAX_SAFE_INTEGER }: Range) => z.int().min(from).max(to)

export function numberOr(value: number, range: Range, words: Words): Setting<number> {
  return { schema: within(range).default(value), form: 'number', allowed: rangeOf(range), ...words }
}

export function number(range: Range, words: Words): Setting<number | undefined> {
  return { schema: within(range).optional(), form: 'number', allowed: rangeOf(range), ...words }
}

/** Above 0, and 1 at most. */
export function fractionOr(value: number, words: Words): Setting<number> {
  const schema = z.number().gt(0).lte(1).default(value)
  return { schema, form: 'number', allowed: 'a fraction above 0, and 1 at most', ...words }
}

/** Text that `isOne` takes, if there is any. */
export function word(
  isOne: (text: string) => boolean,
  words: Words & Pick<Setting, 'allowed'>,
): Setting<string | undefined> {
  return { schema: z.string().refine(isOne).optional(), form: 'text', ...words }
}

export function yesOrNo(words: Words): Setting<boolean> {
  return { schema: z.boolean().default(false), form: 'switch', allowed: 'true or false', ...words }
}

/** Each of which `isOne` takes. */
export function list(isOne: (text: string) => boolean, words: Words & Pick<Setting, 'allowed'>): Setting<string[]> {
  return { schema: z.array(z.string().refine(isOne)).default([]), form: 'list', ...words }
}

export function secret(
  isOne: (text: string) => boolean,
  words: Omit<Words, 'flag'> & Partial<Pick<Setting, 'allowed'>>,
): Setting<string | undefined> {
  const allowed = 'at least 32 bytes drawn at random, as of `openssl rand -base64 32`'
  return { schema: z.string().refine(isOne).optional(), form: 'text', isSecret: true, allowed, ...words }
}

export function pem(
  isOne: (text: string) => boolean,
  words: Omit<Words, 'flag'> & Pick<Setting, 'allowed' | 'isSecret'>,
): Setting<string | undefined> {
  return { schema: z.string().refine(isOne).optional(), form: 'pem', ...words }
}
