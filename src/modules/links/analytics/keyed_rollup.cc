#include "modules/links/analytics/keyed_rollup.h"

#include <utility>

#include "base/varint.h"

namespace ashlar::links::analytics {
namespace {

constexpr char kVersion = 1;
// Sums of as many as there may be stay far from the end of int64.
constexpr std::uint64_t kMaxNumber = std::uint64_t{1} << 48;

void append_number(std::string& out, std::int64_t value) {
  base::append_varint(out, static_cast<std::uint64_t>(value));
}

void append_text(std::string& out, std::string_view text) {
  base::append_varint(out, text.size());
  out += text;
}

bool take_number(std::string_view& rest, std::int64_t& value) {
  std::uint64_t read = 0;
  if (!base::read_varint(rest, read) || read > kMaxNumber) return false;
  value = static_cast<std::int64_t>(read);
  return true;
}

bool take_text(std::string_view& rest, std::string_view& text) {
  std::uint64_t size = 0;
  if (!base::read_varint(rest, size) || size > rest.size()) return false;
  text = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

base::Error damaged() {
  return base::fail(base::Code::kInternal, "analytics_batch_damaged",
                    "a row of links_analytics_batches is not in a form that this version reads");
}

}  // namespace

void append_keyed(std::string& out, const RollupKey& key, const HourOf& hour) {
  if (out.empty()) out += kVersion;
  append_number(out, key.tenant.value);
  append_text(out, key.subject);
  append_number(out, key.hour);
  append_number(out, hour.clicks);
  append_text(out, hour.rollup == Rollup{} ? std::string() : hour.rollup.encode());
}

std::string encode_keyed(const KeyedRollups& rollups) {
  std::string out(1, kVersion);
  for (const auto& [key, hour] : rollups) append_keyed(out, key, hour);
  return out;
}

base::Status merge_keyed(std::string_view data, KeyedRollups& into) {
  if (data.empty() || data.front() != kVersion) return damaged();
  data.remove_prefix(1);
  while (!data.empty()) {
    std::int64_t tenant = 0;
    std::string_view subject;
    RollupKey key;
    std::int64_t clicks = 0;
    std::string_view rollup;
    if (!take_number(data, tenant) || !take_text(data, subject) || !take_number(data, key.hour) ||
        !take_number(data, clicks) || !take_text(data, rollup)) {
      return damaged();
    }
    key.tenant = base::TenantId(tenant);
    key.subject = subject;
    HourOf& hour = into[std::move(key)];
    hour.clicks += clicks;
    if (rollup.empty()) continue;
    ASHLAR_ASSIGN(const Rollup decoded, Rollup::decode(rollup));
    hour.rollup.merge(decoded);
  }
  return base::ok_status();
}

}  // namespace ashlar::links::analytics
