/**
 * How a schema moves on while relays of two versions run, or an older one comes back (MN-12). Laws:
 * - A migration that was released is never changed.
 * - One that expands leaves everything as it was for whoever knows an older schema, down to the last that contracted: it adds tables, and
 *   columns with a default, and no statement of such a relay means something else afterwards. It holds no lock for longer than a moment.
 * - One that contracts takes away what only older relays still use, or adds what an older relay would leave out, and says which is the oldest
 *   that can go on. It is released when those before it are gone.
 * - The database says of each that it has how far back it can be written by, so a relay that does not know it goes by that.
 */

export type Migration =
  | { readonly step: 'expand'; readonly sql: string }
  | {
      readonly step: 'contract'
      /** The oldest schema whose relays may go on. */
      readonly least: number
      readonly sql: string
    }

/** What a database says of itself: the schema it has, and the oldest whose relays may still write to it. */
export interface Standing {
  readonly version: number
  readonly least: number
}

/** A migration to run, and how the database stands after it. */
export interface Step extends Standing {
  readonly sql: string
}

/** What is to be run on a database, in this order; undefined when it belongs to newer relays alone. */
export function stepsFrom({ version, least }: Standing, migrations: readonly Migration[]): Step[] | undefined {
  if (least > migrations.length) return undefined
  const steps: Step[] = []
  let oldest = least
  for (const [at, migration] of migrations.entries()) {
    if (at < version) continue
    if (migration.step === 'contract') oldest = migration.least
    steps.push({ version: at + 1, least: oldest, sql: migration.sql })
  }
  return steps
}
