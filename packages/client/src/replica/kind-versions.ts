/**
 * A kind whose rows or indexes changed with the app: its index is made anew from the rows there are, so that lists are whole at once, and
 * every document is marked stale, so that its row follows in the background.
 */
import type { Library } from '@joinery/core/kinds'
import { keys } from './layout.ts'
import type { Replica } from './replica.ts'
import type { RowValue } from './row.ts'
import { entriesOf } from './rows.ts'

export async function followKinds(replica: Replica, library: Library): Promise<void> {
  const versions = Object.fromEntries(Object.values(library.kinds).map(({ name, version }) => [name, version]))
  await replica.write(async tx => {
    const before = (await tx.get('meta', keys.kinds)) as Readonly<Record<string, number>> | undefined
    const changed = Object.keys(versions).filter(name => versions[name] !== before?.[name])
    if (changed.length === 0) return
    tx.put('meta', keys.kinds, { ...before, ...versions })
    if (!before) return
    const rows = await tx.range('rows', {})
    for (const space of new Set(rows.map(({ key }) => key[0] as string))) {
      for (const kind of changed) tx.deleteRange('index', { prefix: keys.index(space, kind) })
    }
    for (const { key, value } of rows) {
      const [space, kind, document] = key as readonly [string, string, string]
      if (!changed.includes(kind)) continue
      for (const entry of entriesOf(replica, space, kind, value as RowValue)) tx.put('index', entry, null)
      tx.put('index', keys.mark('stale', { space, document }), null)
    }
  })
}
