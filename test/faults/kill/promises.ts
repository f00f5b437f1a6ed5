/** What a relay has promised so far: words that it acked to whoever wrote them, or showed to anybody, and the place it gave to each name. */
import type { Word } from './words.ts'

export interface Promises {
  /** Before a word is sent. */
  wrote(word: Word, document: string): void
  /** A frame of the relay's held these. */
  shown(words: Iterable<Word>): void
  acked(word: Word): void
  /** The relay said at which seq an entry stands. */
  named(device: string, n: number, seq: number): void
  /** Something was said that contradicts what was said before, or that nobody may say. */
  trouble(what: string): void
  readonly troubles: readonly string[]
  readonly documentsByWord: ReadonlyMap<Word, string>
  readonly seqsByName: ReadonlyMap<string, number>
  /** Those that must be there. */
  all(): ReadonlySet<Word>
  counts(): { readonly wrote: number; readonly acked: number; readonly shown: number }
}

export function promises(): Promises {
  const documentsByWord = new Map<Word, string>()
  const seqsByName = new Map<string, number>()
  const acked = new Set<Word>()
  const shown = new Set<Word>()
  const all = new Set<Word>()
  const troubles: string[] = []
  const promise = (word: Word, by: Set<Word>): void => {
    if (!documentsByWord.has(word)) troubles.push(`nobody wrote ${word}`)
    by.add(word)
    all.add(word)
  }
  return {
    documentsByWord,
    seqsByName,
    all: () => all,
    wrote: (word, document) => void documentsByWord.set(word, document),
    shown(words) {
      for (const word of words) promise(word, shown)
    },
    acked: word => promise(word, acked),
    named(device, n, seq) {
      const name = `${device} ${n}`
      const before = seqsByName.get(name) ?? seq
      if (before !== seq) troubles.push(`${name} was said to be at ${before}, and at ${seq}`)
      seqsByName.set(name, seq)
    },
    trouble: what => void troubles.push(what),
    troubles,
    counts: () => ({ wrote: documentsByWord.size, acked: acked.size, shown: shown.size }),
  }
}
