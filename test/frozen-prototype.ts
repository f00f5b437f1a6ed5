/**
 * For `--import`, and for test projects: from now on nobody changes `Object.prototype`, and who tries throws (OP-11). What libraries do all
 * the time, to give an object of their own a `toString`, goes on: frozen as it is, the language would refuse that too.
 */
const prototype: object = Object.prototype

for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
  if (!('value' in property)) continue
  Object.defineProperty(prototype, key, {
    configurable: false,
    enumerable: false,
    get: () => property.value as unknown,
    set(this: object, value: unknown) {
      if (this === prototype) throw new TypeError(`Object.prototype.${key} is frozen`)
      Object.defineProperty(this, key, { value, configurable: true, enumerable: true, writable: true })
    },
  })
}
Object.freeze(prototype)
