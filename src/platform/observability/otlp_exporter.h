// OtlpExporter: sends spans to a collector by OTLP/HTTP, from a thread of its own.
//
// Batches of at most 512 spans, gathered for up to a second. A batch is tried four times where the
// collector cannot be reached or answers 429, 502, 503 or 504, with back-off (full jitter) or as
// long as its Retry-After says; anything else drops it at once. Meanwhile spans gather in the
// bounded queue and the rest is dropped; every span ends in exactly one of
// ashlar_trace_exported_total and ashlar_trace_dropped_total. The log tells when exporting begins
// to fail and when it works again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::obs {

class Log;
class Registry;

class OtlpExporter {
 public:
  struct Options {
    std::string endpoint;  // without /v1/traces
    std::string service_name;
    std::string service_version;
  };

  OtlpExporter(Options options, const base::Clock& clock, std::uint64_t jitter_seed, Log& log,
               Registry& metrics);
  ~OtlpExporter();  // sends what is queued, for at most two seconds; what is left is dropped
  OtlpExporter(const OtlpExporter&) = delete;
  OtlpExporter& operator=(const OtlpExporter&) = delete;

  // `span` as append_otlp_span (otlp.h) writes it. Any thread; never waits.
  void push(base::Time start, std::string_view span);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::obs
