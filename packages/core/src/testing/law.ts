/**
 * A contract suite is a list of laws. Whoever writes an adapter runs each on it, under any test runner:
 * `for (const law of storageLaws) test(`[${law.rule}] ${law.title}`, () => law.check(make))`.
 */
export interface Law<Make> {
  /** The law of the design or the row of the fault table that this holds to. */
  readonly rule: string
  readonly title: string
  /** Resolves when the law holds; rejects with what was seen. */
  check(make: Make): Promise<void>
}
