/** An opened note for as long as it is on screen, drawn again whenever it changes, from wherever. */
import { useEffect, useReducer, useState } from 'react'
import type { Notes } from './notes.ts'

export type OpenNote = Awaited<ReturnType<Notes['space']['note']['open']>>

/** The opened document, undefined while it loads. */
export function useNote(notes: Notes, id: string): OpenNote | undefined {
  const [held, hold] = useState<OpenNote | undefined>(undefined)
  const [, redraw] = useReducer((count: number) => count + 1, 0)
  useEffect(() => {
    let left = false
    let release = (): void => undefined
    void notes.space.note.open(id).then(handle => {
      if (left) return handle[Symbol.dispose]()
      const unsubscribe = handle.subscribe(redraw)
      release = () => {
        unsubscribe()
        handle[Symbol.dispose]()
      }
      hold(handle)
      return undefined
    })
    return () => {
      left = true
      release()
      hold(undefined)
    }
  }, [notes, id])
  return held?.id === id ? held : undefined
}
