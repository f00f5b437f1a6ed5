/**
 * The figures of a relay as Prometheus reads them. Laws:
 * - They are looked up when somebody asks, and never before: between two scrapes this costs nothing but what Node itself counts.
 * - A counter without a label is there from the start, as 0, so that a first one is a rise.
 */
import { collectDefaultMetrics, Counter, Gauge, Registry, type Metric } from 'prom-client'
import type { Counters } from '../log.ts'
import {
  COUNTERS,
  GAUGES,
  HISTOGRAMS,
  type CounterName,
  type Figures,
  type GaugeName,
  type HistogramName,
  type Row,
} from './table.ts'

/** How often the loop is looked at. */
const LOOP_MS = 20

export interface Exposition {
  readonly contentType: string
  /** Everything, as text. */
  text(): Promise<string>
}

export function createExposition(options: {
  readonly counters: Counters
  /** What there is now. */
  readonly figures: () => Promise<Omit<Figures, 'loopDelay'>>
}): Exposition {
  const { counters } = options
  const registry = new Registry()
  // One look for all gauges of a scrape.
  let figures: Promise<Omit<Figures, 'loopDelay'>>

  // The processor, memory, open files, event loop and garbage of this process. What is told after it sees what it found.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_MS })

  for (const name of Object.keys(COUNTERS) as CounterName[]) {
    const { metric, help, label }: Row = COUNTERS[name]
    registry.registerMetric(
      new Counter({
        name: metric,
        help,
        labelNames: label === undefined ? [] : [label],
        registers: [],
        collect() {
          this.reset()
          for (const [key, value] of counters.labelled(name)) {
            if (label === undefined) this.inc(value)
            else this.inc({ [label]: key === '' ? 'none' : key }, value)
          }
        },
      }),
    )
  }

  for (const name of Object.keys(GAUGES) as GaugeName[]) {
    const { metric, help, label }: Row = GAUGES[name]
    registry.registerMetric(
      new Gauge({
        name: metric,
        help,
        labelNames: label === undefined ? [] : [label],
        registers: [],
        async collect() {
          const figure = name === 'loopDelay' ? await loopDelay(registry) : (await figures)[name]
          if (typeof figure === 'number') this.set(figure)
          else if (label !== undefined)
            for (const [key, value] of Object.entries(figure)) this.set({ [label]: key }, value)
        },
      }),
    )
  }

  for (const name of Object.keys(HISTOGRAMS) as HistogramName[]) {
    registry.registerMetric(histogramOf(name, counters) as unknown as Metric)
  }

  return {
    contentType: registry.contentType,
    text() {
      figures = options.figures()
      return registry.metrics()
    },
  }
}

/** What the library calls lag is the time between two looks: of a loop that is never late, the time that was waited for. */
async function loopDelay(registry: Registry): Promise<Record<string, number>> {
  const delays: Record<string, number> = {}
  for (const which of ['p50', 'p99', 'max']) {
    const lag = await registry.getSingleMetric(`nodejs_eventloop_lag_${which}_seconds`)?.get()
    delays[which] = Math.max(0, (lag?.values[0]?.value ?? 0) - LOOP_MS / 1_000)
  }
  return delays
}

/** What a registry asks of a metric. The library's own histogram would be told of each value when it happens. */
function histogramOf(name: HistogramName, counters: Counters): object {
  const { metric, help } = HISTOGRAMS[name]
  return {
    name: metric,
    async get() {
      const { bounds, counts, sum } = counters.distribution(name)
      let upTo = 0
      const buckets = counts.map((count, at) => ({
        metricName: `${metric}_bucket`,
        labels: { le: bounds[at] ?? '+Inf' },
        value: (upTo += count),
      }))
      const totals = [
        { metricName: `${metric}_sum`, labels: {}, value: sum },
        { metricName: `${metric}_count`, labels: {}, value: upTo },
      ]
      return { name: metric, help, type: 'histogram', aggregator: 'sum', values: [...buckets, ...totals] }
    },
  }
}
