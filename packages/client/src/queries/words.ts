/**
 * The words under which a text is found, and those that a person's question asks for. Scripts that write words apart give words; those that
 * do not give every pair of neighbouring characters, and the last character by itself, so that one character finds too. All are looked
 * up by their beginning.
 */
const TOGETHER =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー々'
const RUN = new RegExp(`[${TOGETHER}]+|(?:(?![${TOGETHER}])[\\p{L}\\p{N}\\p{M}])+`, 'gu')
const IS_TOGETHER = new RegExp(`^[${TOGETHER}]`, 'u')
/** Longer ones are found by their first letters. */
const LETTERS = 24
/** A book is not found by every word in it. */
const WORDS = 5_000

export function wordsOf(texts: readonly string[]): string[] {
  const words = new Set<string>()
  for (const text of texts) {
    for (const run of runsOf(text)) {
      if (words.size >= WORDS) return [...words]
      if (!IS_TOGETHER.test(run)) {
        words.add([...run].slice(0, LETTERS).join(''))
        continue
      }
      const letters = [...run]
      for (const [at, letter] of letters.entries()) words.add(letter + (letters[at + 1] ?? ''))
    }
  }
  return [...words]
}

/** The beginnings of words that a document must all have. */
export function beginningsOf(question: string): string[] {
  const beginnings = new Set<string>()
  for (const run of runsOf(question)) {
    const letters = [...run]
    if (!IS_TOGETHER.test(run)) beginnings.add(letters.slice(0, LETTERS).join(''))
    else if (letters.length === 1) beginnings.add(run)
    else for (let at = 0; at + 1 < letters.length; at++) beginnings.add(letters.slice(at, at + 2).join(''))
  }
  return [...beginnings]
}

function runsOf(text: string): string[] {
  // Accents on letters are letters of their own after this and are dropped: `cafe` finds `café`.
  const plain = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFKC')
    .toLowerCase()
  return plain.match(RUN) ?? []
}
