/**
 * Looking again at what changes while it is looked at. Laws: one look at a time, begun a microtask after it is asked for, and one for all
 * who ask before it begins. One that fails is over: storage says so itself, in the status, and whoever asks next tries again.
 */
export function repeated(look: () => Promise<void>): () => Promise<void> {
  let looking: Promise<void> | undefined
  let again = false
  const run = async (): Promise<void> => {
    while (again) {
      await Promise.resolve()
      again = false
      await look().catch(() => undefined)
    }
    looking = undefined
  }
  return () => {
    again = true
    return (looking ??= run())
  }
}
