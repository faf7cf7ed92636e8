// Traces: W3C Trace Context in and out, spans exported by OTLP/HTTP.
//
// A request's TraceContext is taken from `traceparent` or made anew; it travels in the request's
// context into storage, events, jobs and outbound calls. Spans are recorded only when sampled, go
// into a bounded queue and are exported in batches by a thread of the exporter; a full queue drops
// and counts (ashlar_trace_dropped_total, ashlar_trace_exported_total). Without an endpoint no
// trace begins sampled and record() costs one branch.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "platform/observability/log.h"  // LogField doubles as span attribute

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base

namespace ashlar::obs {

struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};  // all zero: no trace
  std::array<std::uint8_t, 8> span_id{};
  bool sampled = false;

  [[nodiscard]] bool is_set() const { return trace_id != std::array<std::uint8_t, 16>{}; }
};

// Follows the specification for version 00, and for later versions reads what 00 defines. nullopt
// for anything malformed, an all-zero id included.
std::optional<TraceContext> parse_traceparent(std::string_view header);
std::string format_traceparent(const TraceContext& context);

struct TracerOptions {
  std::string endpoint;        // "http://127.0.0.1:4318"; empty: no export
  double sample_ratio = 0.01;  // of traces that begin here; a sampled parent is always followed
  std::string service_name = "ashlar";
  std::string service_version;
};

// As OpenTelemetry numbers them.
enum class SpanKind : std::uint8_t { kInternal = 1, kServer = 2, kClient = 3 };

class Tracer {
 public:
  Tracer(TracerOptions options, const base::Clock& clock, base::Entropy& entropy, Log& log,
         Registry& metrics);
  ~Tracer();  // exports what is queued, for at most two seconds
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  [[nodiscard]] bool enabled() const;
  // The context for work under `parent` (or a new trace): same trace, new span id. Cheap; any
  // thread.
  TraceContext child_of(const std::optional<TraceContext>& parent);
  // Records a finished span. Does nothing unless context.sampled and an endpoint is set.
  void record(const TraceContext& context, const std::optional<TraceContext>& parent,
              std::string_view name, base::Time start, base::Micros duration, bool server_error,
              std::initializer_list<LogField> attributes, SpanKind kind = SpanKind::kServer);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::obs
