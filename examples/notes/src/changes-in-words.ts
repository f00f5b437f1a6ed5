/** What a version changed, in a few words. */
import type { Comparison } from './history.ts'

const GLIMPSE = 90

/** Fields of a note beside its text, as a person calls them. */
const LABELS: Readonly<Record<string, string>> = {
  title: 'Title',
  folder: 'Folder',
  pinned: 'Pin',
  tags: 'Tags',
}

/** The words that were added to the text, or removed from it, as far as there is room. */
export function firstWords(changes: Comparison | undefined, is: 'added' | 'removed'): string {
  const passages = changes?.texts['body'] ?? []
  const words = passages
    .filter(passage => passage.is === is)
    .map(({ text }) => text.replaceAll(/\s+/g, ' ').trim())
    .filter(text => text !== '')
    .join(' … ')
  return words.length > GLIMPSE ? `${words.slice(0, GLIMPSE).trimEnd()} …` : words
}

/** Which others changed: “Title: Harbour”, “Tags”. */
export function otherFields(changes: Comparison | undefined): string {
  const named = (changes?.fields ?? []).map(({ field, after }) => {
    const label = LABELS[field] ?? field
    return field === 'title' && typeof after === 'string' && after !== '' ? `${label}: ${after}` : label
  })
  return named.join(', ')
}
