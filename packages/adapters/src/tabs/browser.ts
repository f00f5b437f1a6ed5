/**
 * The tabs of one browser profile: BroadcastChannel for news, a Web Lock for the network role. The browser itself frees the lock of a tab
 * that crashed. Where either is missing (an old browser, a page that is not served securely, a sandboxed frame) a tab is alone there: it
 * hears no news, or it leads without asking. That costs work twice and loses nothing: storage is the truth, and pushes are idempotent.
 */
import type { Tabs } from '@joinery/core'

export interface BrowserTabsOptions {
  /** Tabs of different apps or users on one origin do not meet. */
  readonly app: string
  readonly user: string
  /** What the platform offers; by default `globalThis`. */
  readonly platform?: TabsPlatform
}

/** The parts of a browser that are used, each of which may be missing. */
export interface TabsPlatform {
  readonly BroadcastChannel?: (new (name: string) => NewsChannel) | undefined
  readonly navigator?: { readonly locks?: RoleLocks | undefined } | undefined
}

export interface NewsChannel {
  onmessage: ((event: MessageEvent) => void) | null
  postMessage(news: unknown): void
  close(): void
}

export interface RoleLocks {
  request(name: string, held: () => Promise<void>): Promise<unknown>
}

/**
 * This tab among those of the same app and user.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { browserTabs } from '@joinery/adapters/tabs/browser'
 *
 * const [one, other] = [browserTabs({ app: 'notes', user: 'ann' }), browserTabs({ app: 'notes', user: 'ann' })]
 * const news = new Promise(resolve => other.listen(resolve))
 * one.send({ changed: 'note_1' })
 * assert.deepEqual(await news, { changed: 'note_1' })
 *
 * await new Promise<void>(resolve => one.lead(resolve))
 * one.close()
 * other.close()
 * ```
 */
export function browserTabs({ app, user, platform = globalThis }: BrowserTabsOptions): Tabs {
  const name = ['joinery', app, user].map(encodeURIComponent).join('/')
  const channel = openChannel(platform, name)
  const locks = platform.navigator?.locks
  const listeners = new Set<(news: unknown) => void>()
  /** What ends each role that was asked for. */
  const roles = new Set<() => void>()
  let closed = false

  if (channel !== undefined) {
    channel.onmessage = ({ data }) => {
      for (const hear of listeners) hear(data)
    }
  }

  return {
    send(news) {
      if (!closed) channel?.postMessage(news)
    },
    listen(listener) {
      const hear = (news: unknown): void => listener(news)
      listeners.add(hear)
      return () => listeners.delete(hear)
    },
    lead(run) {
      const { promise: left, resolve } = Promise.withResolvers<void>()
      const leave = (): void => {
        roles.delete(leave)
        resolve()
      }
      let held = false
      // Who left while it waited lets go of the lock as soon as it comes.
      const hold = (): Promise<void> => {
        held = true
        // Not inside the lock's callback, where what it throws would be the lock's.
        queueMicrotask(() => roles.has(leave) && run())
        return left
      }
      if (!closed) {
        roles.add(leave)
        // Refused to a page that may not use locks: then there is nobody to share with.
        if (locks === undefined) void hold()
        else locks.request(name, hold).catch(() => void (held || hold()))
      }
      return { leave }
    },
    close() {
      closed = true
      for (const leave of roles) leave()
      channel?.close()
    },
  }
}

function openChannel(platform: TabsPlatform, name: string): NewsChannel | undefined {
  try {
    return platform.BroadcastChannel && new platform.BroadcastChannel(name)
  } catch {
    return undefined
  }
}
