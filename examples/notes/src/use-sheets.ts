/** The editor and what it is in: most of the app, so it comes while the list is shown already. */
import { useEffect, useState } from 'react'
import type * as sheets from './sheets.ts'

type Sheets = typeof sheets

const coming = load()

/** A browser remembers that it could not load a module: it tries again when the page is loaded again. */
export function useSheets(): Sheets | 'loading' | 'failed' {
  const [loaded, put] = useState<Sheets | 'loading' | 'failed'>('loading')
  useEffect(() => void coming.then(put), [])
  return loaded
}

async function load(): Promise<Sheets | 'failed'> {
  try {
    return await import('./sheets.ts')
  } catch {
    return 'failed'
  }
}
