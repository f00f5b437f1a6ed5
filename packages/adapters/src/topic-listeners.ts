/**
 * Who listens to which topic, for buses that hear for all of them over one connection. Laws: a topic is asked for once, however many listen,
 * and left with the last; each listener gets bytes of its own.
 */
export interface TopicListeners {
  add(topic: string, listener: (payload: Uint8Array) => void, missed?: () => void): () => void
  hear(topic: string, payload: Uint8Array): void
  /** These hold now, and may have missed something. */
  hold(topics: Iterable<string>): void
  topics(): string[]
  clear(): void
}

interface Listener {
  readonly hears: (payload: Uint8Array) => void
  readonly missed: (() => void) | undefined
}

export function topicListeners(told: {
  readonly first: (topic: string) => void
  readonly last: (topic: string) => void
}): TopicListeners {
  const listenersByTopic = new Map<string, Set<Listener>>()

  return {
    add(topic, hears, missed) {
      const listener: Listener = { hears, missed }
      const known = listenersByTopic.get(topic)
      if (known === undefined) {
        listenersByTopic.set(topic, new Set([listener]))
        told.first(topic)
      } else known.add(listener)
      return () => {
        const listeners = listenersByTopic.get(topic)
        if (listeners?.delete(listener) !== true || listeners.size > 0) return
        listenersByTopic.delete(topic)
        told.last(topic)
      }
    },
    hear(topic, payload) {
      const listeners = listenersByTopic.get(topic)
      for (const listener of listeners ?? [])
        if (listeners?.has(listener) === true) listener.hears(new Uint8Array(payload))
    },
    hold(topics) {
      for (const topic of topics) {
        for (const { missed } of listenersByTopic.get(topic) ?? []) missed?.()
      }
    },
    topics: () => [...listenersByTopic.keys()],
    clear: () => listenersByTopic.clear(),
  }
}
