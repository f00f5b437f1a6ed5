/** Several tabs in one process: for tests, and for the simulator, which says when things happen. */
import type { Tabs } from '@joinery/core'

/** A device on which tabs are opened. */
export interface MemoryTabs {
  open(): MemoryTab
}

export interface MemoryTab extends Tabs {
  /** The tab is gone from one moment to the next: nothing of it is called again, and its role passes on. */
  crash(): void
}

interface Waiter {
  readonly run: () => void
  live: boolean
}

/**
 * A device without tabs yet. Everything that one tab does to another happens through `schedule`, once for each effect and in order: a
 * microtask by default, `run => clock.after(0, run)` on virtual time.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { memoryTabs } from '@joinery/adapters/tabs/memory'
 *
 * const device = memoryTabs()
 * const [first, second] = [device.open(), device.open()]
 * const leader = new Promise(resolve => {
 *   first.lead(() => resolve('first'))
 *   second.lead(() => resolve('second'))
 * })
 * assert.equal(await leader, 'first')
 *
 * const news = new Promise(resolve => second.listen(resolve))
 * first.send({ changed: 'note_1' })
 * assert.deepEqual(await news, { changed: 'note_1' })
 * ```
 */
export function memoryTabs(options: { readonly schedule?: (run: () => void) => void } = {}): MemoryTabs {
  const schedule = options.schedule ?? queueMicrotask
  /** What each open tab does about news. */
  const receivers = new Map<MemoryTab, (news: unknown) => void>()
  const waiting: Waiter[] = []
  let holder: Waiter | undefined

  const passOn = (): void => {
    if (holder !== undefined) return
    const next = waiting.shift()
    holder = next
    if (next === undefined) return
    schedule(() => {
      if (next.live) next.run()
    })
  }
  const leave = (waiter: Waiter): void => {
    if (!waiter.live) return
    waiter.live = false
    if (holder === waiter) holder = undefined
    else waiting.splice(waiting.indexOf(waiter), 1)
    passOn()
  }

  return {
    open() {
      const listeners = new Set<{ readonly hear: (news: unknown) => void }>()
      const roles = new Set<Waiter>()
      const end = (): void => {
        receivers.delete(tab)
        listeners.clear()
        for (const role of roles) leave(role)
      }
      const tab: MemoryTab = {
        send(news) {
          if (!receivers.has(tab)) return
          for (const [other, receive] of receivers) {
            if (other === tab) continue
            const copy: unknown = structuredClone(news)
            schedule(() => receive(copy))
          }
        },
        listen(hear) {
          const listener = { hear }
          if (receivers.has(tab)) listeners.add(listener)
          return () => listeners.delete(listener)
        },
        lead(run) {
          if (!receivers.has(tab)) return { leave: () => {} }
          const waiter = { run, live: true }
          roles.add(waiter)
          waiting.push(waiter)
          passOn()
          return {
            leave() {
              roles.delete(waiter)
              leave(waiter)
            },
          }
        },
        close: end,
        crash: end,
      }
      receivers.set(tab, news => {
        for (const { hear } of listeners) hear(news)
      })
      return tab
    },
  }
}
