/** An opened document for as long as it is on screen, drawn again whenever it changes, from wherever. */
import { useEffect, useReducer, useState } from 'react'
import { sentenceOf } from '@joinery/core'

interface Openable {
  readonly gone: boolean
  subscribe(listener: () => void): () => void
  [Symbol.dispose](): void
}

/** Opening, open, or why it cannot be opened, in a sentence. */
export type Opened<H> =
  | { readonly at: 'opening' }
  | { readonly at: 'open'; readonly handle: H }
  | { readonly at: 'closed'; readonly why: string; again(): void }

/** Opens a document, and lets go of it when the component leaves. `id` names it: another one is opened when it changes. */
export function useDocument<H extends Openable>(open: () => Promise<H>, id: string): Opened<H> {
  const [held, hold] = useState<Opened<H>>({ at: 'opening' })
  const [attempt, again] = useReducer((count: number) => count + 1, 0)
  const [, redraw] = useReducer((count: number) => count + 1, 0)
  useEffect(() => {
    let left = false
    let release = (): void => undefined
    hold({ at: 'opening' })
    open().then(
      handle => {
        if (left) return handle[Symbol.dispose]()
        const unsubscribe = handle.subscribe(() => {
          if (handle.gone) hold({ at: 'closed', why: sentenceOf('GONE'), again })
          else redraw()
        })
        release = () => {
          unsubscribe()
          handle[Symbol.dispose]()
        }
        return hold({ at: 'open', handle })
      },
      (error: unknown) => {
        if (!left) hold({ at: 'closed', why: sentenceOf(error) ?? 'It could not be opened.', again })
      },
    )
    return () => {
      left = true
      release()
    }
  }, [id, attempt])
  return held
}
