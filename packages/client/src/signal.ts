/** A list of listeners. Law: one that throws does not keep the others from hearing. */
export interface Signal<T> {
  emit(value: T): void
  /** Returns what stops listening; stopping twice is once. */
  listen(listener: (value: T) => void): () => void
  /** Nobody hears any more. */
  clear(): void
}

export function signal<T>(): Signal<T> {
  const listeners = new Set<{ hear: (value: T) => void }>()
  return {
    emit(value) {
      for (const listener of [...listeners]) {
        try {
          listener.hear(value)
        } catch (error) {
          // The app's own fault: it shows up where uncaught errors do, and not in the middle of a commit.
          void Promise.reject(error)
        }
      }
    },
    listen(hear) {
      const listener = { hear }
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    clear: () => listeners.clear(),
  }
}
