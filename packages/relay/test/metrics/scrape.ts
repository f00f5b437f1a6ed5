/** What Prometheus would read from a relay, by a parser that is not ours. */
import parse from 'parse-prometheus-text-format'

export interface Scraped {
  readonly status: number
  readonly text: string
  /** The value of a metric with these labels; of a histogram `name_count`, `name_sum`. Undefined when it is not there. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined
  /** Upper bounds and counts of a histogram. */
  buckets(name: string): Readonly<Record<string, number>>
  /** Names and types of all families. */
  readonly families: ReadonlyMap<string, string>
}

interface Sample {
  readonly value?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly buckets?: Readonly<Record<string, string>>
  readonly count?: string
  readonly sum?: string
}

export async function scrape(port: number, headers: Record<string, string> = {}): Promise<Scraped> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers })
  const text = await response.text()
  const families = (response.ok ? parse(text) : []) as { name: string; type: string; metrics: Sample[] }[]
  const samplesByName = new Map(families.map(({ name, metrics }) => [name, metrics]))
  return {
    status: response.status,
    text,
    families: new Map(families.map(({ name, type }) => [name, type])),
    value(name, labels = {}) {
      const part = name.endsWith('_count') ? 'count' : name.endsWith('_sum') ? 'sum' : undefined
      const histogram = part && samplesByName.get(name.slice(0, -part.length - 1))
      if (part !== undefined && histogram !== undefined) return Number(histogram[0]?.[part])
      const sample = samplesByName
        .get(name)
        ?.find(one => Object.entries(labels).every(([label, value]) => one.labels?.[label] === value))
      return sample === undefined ? undefined : Number(sample.value)
    },
    buckets: name =>
      Object.fromEntries(
        Object.entries(samplesByName.get(name)?.[0]?.buckets ?? {}).map(([bound, count]) => [bound, Number(count)]),
      ),
  }
}
