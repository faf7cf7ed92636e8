#include "platform/observability/trace.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <span>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/entropy.h"
#include "platform/observability/otlp.h"
#include "platform/observability/otlp_exporter.h"

namespace ashlar::obs {
namespace {

// "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
constexpr std::size_t kTraceIdAt = 3;
constexpr std::size_t kSpanIdAt = 36;
constexpr std::size_t kFlagsAt = 53;
constexpr std::size_t kLength = 55;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;  // the specification knows lower case only
}

bool read_hex(std::string_view text, std::span<std::uint8_t> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

bool all_zero(std::span<const std::uint8_t> id) {
  return std::ranges::all_of(id, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  if (header.size() < kLength || header[kTraceIdAt - 1] != '-' || header[kSpanIdAt - 1] != '-' ||
      header[kFlagsAt - 1] != '-') {
    return std::nullopt;
  }
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  TraceContext context;
  if (!read_hex(header, version) || !read_hex(header.substr(kTraceIdAt), context.trace_id) ||
      !read_hex(header.substr(kSpanIdAt), context.span_id) ||
      !read_hex(header.substr(kFlagsAt), flags)) {
    return std::nullopt;
  }
  if (version[0] == 0xff || all_zero(context.trace_id) || all_zero(context.span_id)) {
    return std::nullopt;
  }
  const bool longer = header.size() > kLength;
  if (longer && (version[0] == 0 || header[kLength] != '-')) return std::nullopt;
  context.sampled = (flags[0] & 1) != 0;
  return context;
}

std::string format_traceparent(const TraceContext& context) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(kLength);
  const auto append = [&out](std::span<const std::uint8_t> id) {
    for (const std::uint8_t byte : id) {
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  };
  out += "00-";
  append(context.trace_id);
  out += '-';
  append(context.span_id);
  out += context.sampled ? "-01" : "-00";
  return out;
}

struct Tracer::Impl {
  Impl(TracerOptions o, const base::Clock& clock, base::Entropy& e, Log& log, Registry& metrics)
      : options(std::move(o)), entropy(e) {
    if (!options.endpoint.empty()) {
      exporter = std::make_unique<OtlpExporter>(
          OtlpExporter::Options{.endpoint = options.endpoint,
                                .service_name = options.service_name,
                                .service_version = options.service_version},
          clock, entropy.u64(), log, metrics);
    }
  }

  // From a pool of the calling thread: one system call for 64 ids.
  void fill_id(std::span<std::uint8_t> out) {
    struct Pool {
      std::uint64_t owner = 0;
      std::size_t used = 0;
      std::array<std::uint8_t, 512> bytes;
    };
    thread_local Pool pool;
    if (pool.owner != number || pool.bytes.size() - pool.used < out.size()) {
      entropy.fill(std::as_writable_bytes(std::span(pool.bytes)));
      pool.owner = number;
      pool.used = 0;
    }
    std::copy_n(pool.bytes.begin() + static_cast<std::ptrdiff_t>(pool.used), out.size(),
                out.begin());
    pool.used += out.size();
    if (all_zero(out)) out.back() = 1;  // an id of zeros means "none"
  }

  // Decided by the id's last eight bytes, which are uniform in a trace that began here.
  [[nodiscard]] bool sampled(const std::array<std::uint8_t, 16>& trace_id) const {
    std::uint64_t low = 0;
    for (std::size_t i = 8; i < trace_id.size(); ++i) low = low << 8 | trace_id[i];
    return static_cast<double>(low >> 11) * 0x1.0p-53 < options.sample_ratio;
  }

  static std::uint64_t next_number() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
  }

  const TracerOptions options;
  base::Entropy& entropy;
  const std::uint64_t number = next_number();  // tells the pools of two tracers apart; never 0
  std::unique_ptr<OtlpExporter> exporter;      // null: no export
};

Tracer::Tracer(TracerOptions options, const base::Clock& clock, base::Entropy& entropy, Log& log,
               Registry& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), clock, entropy, log, metrics)) {}

Tracer::~Tracer() = default;

bool Tracer::enabled() const { return impl_->exporter != nullptr; }

TraceContext Tracer::child_of(const std::optional<TraceContext>& parent) {
  TraceContext context;
  if (parent && parent->is_set()) {
    context = *parent;
  } else {
    impl_->fill_id(context.trace_id);
    context.sampled = enabled() && impl_->sampled(context.trace_id);
  }
  impl_->fill_id(context.span_id);
  return context;
}

void Tracer::record(const TraceContext& context, const std::optional<TraceContext>& parent,
                    std::string_view name, base::Time start, base::Micros duration,
                    bool server_error, std::initializer_list<LogField> attributes, SpanKind kind) {
  if (!enabled() || !context.sampled) return;
  thread_local std::string span;
  span.clear();
  append_otlp_span(span, {.context = context,
                          .parent = parent,
                          .name = name,
                          .kind = kind,
                          .start = start,
                          .duration = duration,
                          .error = server_error,
                          .attributes = {attributes.begin(), attributes.size()}});
  impl_->exporter->push(start, span);
}

}  // namespace ashlar::obs
