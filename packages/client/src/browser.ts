/** What only a browser can tell a client: whether there is a network, whether somebody looks, and a few bytes beside the database. */
import type { Marker, Surroundings } from './options.ts'

/** The parts of a page that are used, each of which may be missing (a worker, a server). */
interface Page {
  readonly navigator?: { readonly onLine?: boolean }
  readonly localStorage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  readonly document?: { readonly visibilityState: string } & Pick<
    EventTarget,
    'addEventListener' | 'removeEventListener'
  >
  addEventListener?(type: string, listener: () => void): void
  removeEventListener?(type: string, listener: () => void): void
}

const page = globalThis as unknown as Page

export const browserSurroundings: Surroundings = {
  online: () => page.navigator?.onLine !== false,
  listen(listener) {
    const online = (): void => listener('online')
    const offline = (): void => listener('offline')
    const wake = (): void => listener('wake')
    const seen = (): void => {
      if (page.document?.visibilityState === 'visible') wake()
    }
    const listeners = { online, offline, pageshow: wake }
    for (const [type, hear] of Object.entries(listeners)) page.addEventListener?.(type, hear)
    page.document?.addEventListener('visibilitychange', seen)
    return () => {
      for (const [type, hear] of Object.entries(listeners)) page.removeEventListener?.(type, hear)
      page.document?.removeEventListener('visibilitychange', seen)
    }
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
