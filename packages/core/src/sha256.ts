/**
 * SHA-256 (FIPS 180-4), small: its constants are not written down but made once, from the primes that they come from. Clients carry this
 * in every page, and a table of 64 words of chance does not compress.
 */

/** The first 32 bits behind the point of the square or cube roots of the first primes. */
function fillWithRoots(roots: Int32Array, exponent: number): void {
  let found = 0
  for (let candidate = 2; found < roots.length; candidate++) {
    let isPrime = true
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) isPrime &&= candidate % divisor !== 0
    if (isPrime) roots[found++] = (candidate ** exponent % 1) * 2 ** 32
  }
}

const start = new Int32Array(8)
const rounds = new Int32Array(64)
const words = new Int32Array(16)

/**
 * The 32 bytes of the digest.
 *
 * @internal
 */
export function sha256(message: Uint8Array): Uint8Array {
  if (start[0] === 0) {
    fillWithRoots(start, 1 / 2)
    fillWithRoots(rounds, 1 / 3)
  }
  const state = new Int32Array(start)
  const { length } = message
  const padded = new Uint8Array(((length + 72) >> 6) << 6)
  padded.set(message)
  padded[length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, length / 2 ** 29)
  view.setUint32(padded.length - 4, length << 3)
  for (let block = 0; block < padded.length; block += 64) mix(state, view, block)
  for (let at = 0; at < 8; at++) view.setInt32(at * 4, state[at] ?? 0)
  return padded.slice(0, 32)
}

function mix(state: Int32Array, view: DataView, block: number): void {
  let a = state[0] ?? 0
  let b = state[1] ?? 0
  let c = state[2] ?? 0
  let d = state[3] ?? 0
  let e = state[4] ?? 0
  let f = state[5] ?? 0
  let g = state[6] ?? 0
  let h = state[7] ?? 0
  for (let at = 0; at < 64; at++) {
    const x = words[(at + 1) & 15] ?? 0
    const y = words[(at + 14) & 15] ?? 0
    // Sixteen words are enough to look back on.
    const word =
      at < 16
        ? view.getInt32(block + at * 4)
        : ((words[at & 15] ?? 0) +
            (words[(at + 9) & 15] ?? 0) +
            (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) +
            (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10))) |
          0
    words[at & 15] = word
    const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + (rounds[at] ?? 0) + word) | 0
    const second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  const mixed = [a, b, c, d, e, f, g, h]
  for (let at = 0; at < 8; at++) state[at] = (state[at] ?? 0) + (mixed[at] ?? 0)
}

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}
