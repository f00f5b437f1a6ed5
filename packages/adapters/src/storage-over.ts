/** A storage over whatever keeps its tables and begins transactions on them. */
import type { Storage, Table, WriteTransaction } from '@joinery/core'
import { askedWork } from './asked-work.ts'
import { runBody, type BeforeOperation, type TableAccess } from './transaction-over.ts'

interface Begun {
  readonly access: TableAccess
  readonly before?: BeforeOperation
  /** Resolves when what was written is durable. */
  commit(): Promise<void>
  /** Nothing was written. Also after a commit that failed. */
  abort(): Promise<void>
}

interface Keeper extends Pick<Storage, 'estimate' | 'persist'> {
  begin(tables: readonly Table[], mode: 'readonly' | 'readwrite'): Promise<Begun>
  /** Nothing runs any more. */
  close(): Promise<void>
  /** Deletes everything; it is closed. */
  remove(): Promise<void>
}

export function storageOver(keeper: Keeper): Storage {
  const work = askedWork()

  function transact(mode: 'readonly' | 'readwrite') {
    return <T>(tables: readonly Table[], body: (tx: WriteTransaction) => Promise<T>): Promise<T> =>
      work.ask(async () => {
        const { access, before, commit, abort } = await keeper.begin(tables, mode)
        try {
          const result = await runBody(tables, access, body, before)
          await commit()
          return result
        } catch (error) {
          await abort()
          throw error
        }
      })
  }

  async function close(): Promise<void> {
    await work.close()
    await keeper.close()
  }

  return {
    read: transact('readonly'),
    write: transact('readwrite'),
    estimate: keeper.estimate,
    persist: keeper.persist,
    close,
    async destroy() {
      await close()
      await keeper.remove()
    },
  }
}
