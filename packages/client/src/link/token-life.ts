/** How long a token still lasts, if it says so: a JWT's `exp`. Nothing is verified here; it is only about when to ask for the next one. */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Milliseconds from `now` (ms since 1970), or undefined for a token that does not tell. */
export function millisecondsLeft(token: string, now: number): number | undefined {
  const parts = token.split('.')
  const claims = parts.length === 3 ? parts[1] : undefined
  if (claims === undefined) return undefined
  const exp = /"exp"\s*:\s*(\d+)/.exec(latin1(claims))?.[1]
  return exp === undefined ? undefined : Number(exp) * 1_000 - now
}

/** base64url as one character a byte: the claim looked for is ASCII. */
function latin1(base64url: string): string {
  let out = ''
  let bits = 0
  let value = 0
  for (const digit of base64url) {
    const at = DIGITS.indexOf(digit)
    if (at < 0) return out
    value = ((value << 6) | at) & 0xfff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    out += String.fromCharCode((value >> bits) & 0xff)
  }
  return out
}
