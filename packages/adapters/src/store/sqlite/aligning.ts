/** Puts right what is told of a document beside its entries: the law is that of `align` in the port `StoreUpkeep`. */
import type { StoreUpkeep } from '@joinery/core'
import { goneByEntries, misnamedOf } from './agreement.ts'
import type { MendingOptions } from './mending.ts'

const SET_GONE = 'UPDATE document SET gone = ? WHERE id = ?'
/** Another entry may be known by that name by mistake: then its own is to be put right first. */
const RENAME = 'UPDATE OR IGNORE log SET device = ?, n = ? WHERE space = ? AND seq = ?'

export function aligning({ database, rows, write, documentRow }: MendingOptions): Pick<StoreUpkeep, 'align'> {
  return {
    align: (space, document) =>
      write(() => {
        const row = documentRow(space, document)
        if (row === undefined) return { result: undefined, touched: 0 }
        rows.forgetAll()
        database.prepare(SET_GONE).run(goneByEntries(database, row), row.id)
        const misnamed = misnamedOf(database, row)
        for (const { device_id: device, n, seq } of misnamed) database.prepare(RENAME).run(device, n, row.space, seq)
        return { result: undefined, touched: 1 + misnamed.length }
      }),
  }
}
