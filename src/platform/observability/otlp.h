// OTLP/HTTP in JSON (opentelemetry-proto 1.x, ExportTraceServiceRequest): ids in hex, 64-bit
// numbers as strings, enums as numbers. Text that is not UTF-8 is repaired (json_text.h). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "platform/observability/trace.h"

namespace ashlar::obs {

struct OtlpSpan {
  const TraceContext& context;
  const std::optional<TraceContext>& parent;
  std::string_view name;
  SpanKind kind = SpanKind::kServer;
  base::Time start;
  base::Micros duration;  // taken as 0 where negative
  bool error = false;
  std::span<const LogField> attributes;
};

void append_otlp_span(std::string& out, const OtlpSpan& span);

// The request's body around spans that append_otlp_span wrote.
std::string otlp_request(std::string_view service_name, std::string_view service_version,
                         std::span<const std::string_view> spans);

// `rejectedSpans` of the collector's answer; 0 where it names none or is not to be understood.
std::uint64_t otlp_rejected_spans(std::string_view answer);

}  // namespace ashlar::obs
