#include "modules/links/click_batch.h"

#include <limits>
#include <queue>

#include "base/check.h"
#include "base/varint.h"

namespace ashlar::links {
namespace {

constexpr char kVersion = 1;
// More than any link gets in an hour, and adding up a million such counts does not overflow.
constexpr std::int64_t kMaxClicks = std::int64_t{1} << 42;

void append(std::string& out, std::int64_t value) {
  CHECK(value >= 0);
  base::append_varint(out, static_cast<std::uint64_t>(value));
}

// False: cut off, or no int64.
bool take(std::string_view& rest, std::int64_t& value) {
  std::uint64_t read = 0;
  if (!base::read_varint(rest, read)) return false;
  value = static_cast<std::int64_t>(read);
  return value >= 0;
}

}  // namespace

std::string encode_click_batch(std::span<const ClickCount> counts) {
  std::string out;
  out.reserve(1 + counts.size() * 7);
  out += kVersion;
  ClickCount last;
  for (const ClickCount& count : counts) {
    const bool same_tenant = count.tenant == last.tenant;
    const bool same_link = same_tenant && count.link == last.link;
    append(out, count.tenant.value - last.tenant.value);
    append(out, count.link.value - (same_tenant ? last.link.value : 0));
    append(out, count.hour - (same_link ? last.hour : 0));
    CHECK(count.clicks > 0 && count.clicks <= kMaxClicks);
    append(out, count.clicks);
    last = count;
  }
  return out;
}

ClickBatchReader::ClickBatchReader(std::string_view data) : rest_(data) {
  if (rest_.empty() || rest_[0] != kVersion) {
    fail();
  } else {
    rest_.remove_prefix(1);
  }
}

bool ClickBatchReader::fail() {
  rest_ = {};
  status_ = base::fail(base::Code::kInternal, "click_batch_damaged",
                       "a row of links_click_batches is not in a form that this version reads");
  return false;
}

bool ClickBatchReader::next(ClickCount& count) {
  if (rest_.empty()) return false;
  std::int64_t tenant = 0;
  std::int64_t link = 0;
  std::int64_t hour = 0;
  std::int64_t clicks = 0;
  if (!take(rest_, tenant) || !take(rest_, link) || !take(rest_, hour) || !take(rest_, clicks)) {
    return fail();
  }
  const bool same_tenant = tenant == 0;
  const bool same_link = same_tenant && link == 0;
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const std::int64_t link_base = same_tenant ? last_.link.value : 0;
  const std::int64_t hour_base = same_link ? last_.hour : 0;
  if (tenant > kMax - last_.tenant.value || link > kMax - link_base || hour > kMax - hour_base ||
      clicks == 0 || clicks > kMaxClicks) {
    return fail();
  }
  const ClickCount read{base::TenantId(last_.tenant.value + tenant), LinkId(link_base + link),
                        hour_base + hour, clicks};
  if (!first_ && !(last_ < read)) return fail();
  first_ = false;
  last_ = count = read;
  return true;
}

base::Status merge_click_batches(std::span<const std::string> batches,
                                 const std::function<void(const ClickCount&)>& sink) {
  struct Head {
    ClickCount count;
    std::size_t from;
  };
  const auto later = [](const Head& a, const Head& b) { return b.count < a.count; };
  std::priority_queue<Head, std::vector<Head>, decltype(later)> heads(later);
  std::vector<ClickBatchReader> readers;
  readers.reserve(batches.size());
  const auto refill = [&](std::size_t from) -> base::Status {
    ClickCount count;
    if (readers[from].next(count)) heads.push({count, from});
    return readers[from].status();
  };
  for (std::size_t i = 0; i < batches.size(); ++i) {
    readers.emplace_back(batches[i]);
    ASHLAR_TRY(refill(i));
  }
  ClickCount sum;
  while (!heads.empty()) {
    const Head head = heads.top();
    heads.pop();
    if (sum.clicks != 0 && sum.same_key(head.count)) {
      sum.clicks += head.count.clicks;
    } else {
      if (sum.clicks != 0) sink(sum);
      sum = head.count;
    }
    ASHLAR_TRY(refill(head.from));
  }
  if (sum.clicks != 0) sink(sum);
  return base::ok_status();
}

}  // namespace ashlar::links
