/**
 * Watches that an author comes once in a list. Yjs writes authors in descending order, so a set is kept only for a list that is not.
 */
export class AuthorsOnce {
  private readonly inOrder: number[] = []
  private seen: Set<number> | undefined = undefined

  /** False when the author was there before. */
  add(author: number): boolean {
    const { inOrder } = this
    if (this.seen === undefined) {
      const last = inOrder.at(-1)
      if (last === undefined || author < last) {
        inOrder.push(author)
        return true
      }
      this.seen = new Set(inOrder)
    }
    if (this.seen.has(author)) return false
    this.seen.add(author)
    return true
  }
}
