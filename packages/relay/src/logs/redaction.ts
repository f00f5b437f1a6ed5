/**
 * What a string may be in a log line. Laws:
 * - OP-01, AU-10: a token is not in it, whatever it stands in: an address, a header, or by itself.
 * - What others quote is not in it: parsers repeat what they could not read, and that is somebody's document.
 * - OP-02: it is one line, and only says things: what moves a cursor, ends a line or turns a text round is spelled out.
 */

const LONGEST = 300
/** Nobody waits for the redaction of more. */
const READ = 4_096
const HIDDEN = '[redacted]'

/** Fields that hold nothing else, should one ever be logged. */
export const SECRET_FIELDS: readonly string[] = [
  'token',
  'authorization',
  'cookie',
  'secret',
  'password',
  'key',
  'url',
  'payload',
  'state',
  'text',
]

const TOKENS: readonly (readonly [RegExp, string])[] = [
  // As a query says it, and as JSON does.
  [/((?:token|auth|authorization|secret|password|key|session)"?\s*[=:]\s*"?)[^\s&"',;]+/gi, `$1${HIDDEN}`],
  [/\b(Bearer|Basic)\s+[^\s,]+/gi, `$1 ${HIDDEN}`],
  // A JWT, whole or cut off.
  [/\beyJ[\w-]{8,}(?:\.[\w-]*)*|\b[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, HIDDEN],
  [/\bdev:[^\s&,]+/g, `dev:${HIDDEN}`],
  [/-----BEGIN[\s\S]*/g, HIDDEN],
]

/** Controls, what is seen by what it does to others (marks of direction among them), line ends of Unicode, and half of what takes two. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** A value of a field: as it is, if there is nothing wrong with it. */
export function printable(value: string): string {
  let said = value.slice(0, READ)
  for (const [token, hidden] of TOKENS) said = said.replace(token, hidden)
  if (said.length > LONGEST) said = `${said.slice(0, LONGEST)}…`
  return spelledOut(said)
}

/** Text that does nothing to a terminal but to stand there. */
export function spelledOut(text: string): string {
  return text.replace(UNPRINTABLE, one => `\\u${one.codePointAt(0)?.toString(16).padStart(4, '0')}`)
}

/** The words of an error that is not ours, up to where it begins to quote: what is quoted may hold quotes itself. */
export function withoutQuotes(message: string): string {
  return message.replace(/["'`\n][\s\S]*$/, '…')
}
