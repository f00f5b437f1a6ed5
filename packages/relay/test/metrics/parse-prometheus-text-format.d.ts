declare module 'parse-prometheus-text-format' {
  /** Families of metrics. */
  export default function parse(text: string): unknown[]
}
