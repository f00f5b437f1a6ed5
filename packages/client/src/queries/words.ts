/**
 * The words under which a text is found, and those that a person's question asks for. Scripts that write words apart give words; those that
 * do not give every pair of neighbouring characters, and the last character by itself, so that one character finds too. All are looked
 * up by their beginning.
 */
const TOGETHER =
  '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}ー々'
const RUN = new RegExp(`([${TOGETHER}]+)|[[\\p{L}\\p{N}\\p{M}]--[${TOGETHER}]]+`, 'gv')
/** Longer ones are found by their first letters. */
const LETTERS = 24
/** A book is not found by every word in it. */
const WORDS = 5_000

export function wordsOf(texts: readonly string[]): string[] {
  const words = new Set<string>()
  for (const text of texts) {
    for (const run of runsOf(text)) {
      if (words.size >= WORDS) return [...words]
      for (const word of run) words.add(word)
    }
  }
  return [...words]
}

/** The beginnings of words that a document must all have. */
export function beginningsOf(question: string): string[] {
  // The last character of a run stands in the pair before it, where there is one.
  return runsOf(question).flatMap(run => run.slice(0, Math.max(1, run.length - 1)))
}

/** What stands together in a text, each as its words. */
function runsOf(text: string): string[][] {
  // Accents on letters are letters of their own after this and are dropped: `cafe` finds `café`.
  const plain = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFKC')
    .toLowerCase()
  return [...plain.matchAll(RUN)].map(([run, together]) => {
    const letters = [...run]
    return together === undefined
      ? [letters.slice(0, LETTERS).join('')]
      : letters.map((letter, at) => letter + (letters[at + 1] ?? ''))
  })
}
