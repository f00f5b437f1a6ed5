/** Where in the app the person is: kept in the address after `#`, so that back, reload and a bookmark do what one expects. */
import { useSyncExternalStore } from 'react'

export type Shelf =
  | { readonly shelf: 'all' }
  | { readonly shelf: 'pinned' }
  | { readonly shelf: 'trash' }
  | { readonly shelf: 'reviews' }
  | { readonly shelf: 'needs-you' }
  | { readonly shelf: 'folder'; readonly folder: string }

export interface Place {
  readonly list: Shelf
  /** The open note or review, if any. */
  readonly note: string | undefined
}

/** The place that the address names, kept up to date. */
export function usePlace(): Place {
  const hash = useSyncExternalStore(listen, () => location.hash)
  return parse(hash)
}

/** Goes there, and is there when this returns; the back button comes back. */
export function go(place: Place): void {
  location.hash = format(place)
  // The browser says so later: whoever taps and types on has no moment between.
  dispatchEvent(new Event('hashchange'))
}

function listen(changed: () => void): () => void {
  addEventListener('hashchange', changed)
  return () => removeEventListener('hashchange', changed)
}

function parse(hash: string): Place {
  const [list = '', note] = hash.replace(/^#\/?/, '').split('/')
  return { list: parseShelf(list), note: note === undefined || note === '' ? undefined : note }
}

function parseShelf(name: string): Shelf {
  if (name === 'pinned' || name === 'trash' || name === 'reviews' || name === 'needs-you') return { shelf: name }
  if (name.startsWith('folder-')) return { shelf: 'folder', folder: name.slice('folder-'.length) }
  return { shelf: 'all' }
}

function format({ list, note }: Place): string {
  const name = list.shelf === 'folder' ? `folder-${list.folder}` : list.shelf
  return note === undefined ? `/${name}` : `/${name}/${note}`
}
