/** React's view of things that change: a query's result, a status, anything with `subscribe`. */
import { useEffect, useState } from 'react'

interface Live<T> {
  subscribe(listener: (value: T) => void): () => void
}

/** The latest value of what `open` gives, or undefined before the first; opened again when `key` changes. */
export function useLive<T>(open: () => Live<T>, key: string): T | undefined {
  const [held, hold] = useState<{ key: string; value: T } | undefined>(undefined)
  useEffect(() => open().subscribe(value => hold({ key, value })), [key])
  return held?.key === key ? held.value : undefined
}
