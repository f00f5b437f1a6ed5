/** What only a browser can tell a client: whether there is a network, whether somebody looks, and a few bytes beside the database. */
import type { Marker, Surroundings } from './options.ts'

type Target = Pick<EventTarget, 'addEventListener'>

/** The parts of a page that are used, each of which may be missing (a worker, a server). */
interface Page extends Partial<Target> {
  readonly navigator?: { readonly onLine?: boolean }
  readonly localStorage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  readonly document?: Target & { readonly visibilityState: string }
}

const page = globalThis as unknown as Page

export const browserSurroundings: Surroundings = {
  online: () => page.navigator?.onLine !== false,
  listen(tell) {
    const listening = new AbortController()
    const on = (target: Partial<Target> | undefined, type: string, hear: () => void): void =>
      target?.addEventListener?.(type, hear, listening)
    on(page, 'online', () => tell('online'))
    on(page, 'offline', () => tell('offline'))
    on(page, 'pageshow', () => tell('wake'))
    on(page.document, 'visibilitychange', () => page.document?.visibilityState === 'visible' && tell('wake'))
    return () => listening.abort()
  },
}

/** Local storage, where it is let in: without it a loss of the database goes unnoticed, and nothing else is worse. */
export function browserMarker(name: string): Marker {
  const key = `joinery/${name}`
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work()
    } catch {
      return undefined
    }
  }
  return {
    get: () => attempt(() => page.localStorage?.getItem(key)) ?? undefined,
    set: value => attempt(() => page.localStorage?.setItem(key, value)),
    clear: () => attempt(() => page.localStorage?.removeItem(key)),
  }
}
