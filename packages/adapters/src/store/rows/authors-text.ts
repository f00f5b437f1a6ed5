/** How a row tells what became of its document's authors: JSON, in lines where there are very many. */
import type { AuthorHead } from '@joinery/core'

export function textOfAuthors(authors: Iterable<AuthorHead>): string {
  return JSON.stringify([...authors].map(({ author, clock, owner }) => [author, clock, owner]))
}

/** So many are written, or read, before others have their turn. */
const STRIDE = 4_096

/** The same of very many, in turns: in lines of their own, each as above. */
export async function textOfAuthorsInTurns(authors: Iterable<AuthorHead>, turn: () => Promise<void>): Promise<string> {
  const all = [...authors]
  const lines: string[] = []
  for (let at = 0; at === 0 || at < all.length; at += STRIDE) {
    if (at > 0) await turn()
    lines.push(textOfAuthors(all.slice(at, at + STRIDE)))
  }
  return lines.join('\n')
}

/** What one row tells. */
export function authorsOfText(text: string): AuthorHead[] {
  return text
    .split('\n')
    .flatMap(line => JSON.parse(line) as [string, number, string][])
    .map(([author, clock, owner]) => ({ author, clock, owner }))
}

/** The authors in the texts of sound rows, newest first: the first that names one counts. */
export async function newestAuthors(
  texts: Iterable<string>,
  turn: () => Promise<void>,
): Promise<Map<string, AuthorHead>> {
  const authorsById = new Map<string, AuthorHead>()
  let looked = 0
  for (const text of texts) {
    for (const line of text.split('\n')) {
      for (const [author, clock, owner] of JSON.parse(line) as [string, number, string][]) {
        looked += 1
        if (!authorsById.has(author)) authorsById.set(author, { author, clock, owner })
      }
      if (looked < STRIDE) continue
      await turn()
      looked = 0
    }
  }
  return authorsById
}
