/* metrics.h - counters, gauges and histograms, one row each in metrics.def.
 *
 * metric_add(METRIC_STORE_GET_BYTES, n) is one relaxed atomic add on a cell of the caller's own
 * thread stripe; metrics_render sums the stripes into Prometheus text.
 *
 * Threads: any. */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include <stdint.h>

#include "base/str.h"

typedef enum MetricId {
#define X(id, kind, name, help) METRIC_##id,
#include "base/metrics.def"
#undef X
    METRIC_COUNT
} MetricId;

void metric_add(MetricId id, uint64_t value);     /* counter */
void metric_set(MetricId id, int64_t value);      /* gauge */
void metric_observe(MetricId id, double seconds); /* histogram of durations */
uint64_t metric_value(MetricId id);               /* counter or gauge; histogram: its count */
void metrics_render(StrBuf *out);                 /* Prometheus text exposition format 0.0.4 */

#endif
