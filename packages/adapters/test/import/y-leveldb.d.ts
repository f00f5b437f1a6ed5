/** What these tests use of it: its own declarations are not where its exports point. */
declare module 'y-leveldb' {
  export class LeveldbPersistence {
    constructor(location: string, options: object)
    storeUpdate(name: string, update: Uint8Array): Promise<number>
    flushDocument(name: string): Promise<void>
    setMeta(name: string, key: string, value: unknown): Promise<void>
    destroy(): Promise<void>
  }
  export const keyEncoding: { encode(parts: readonly (string | number)[]): Uint8Array }
}
