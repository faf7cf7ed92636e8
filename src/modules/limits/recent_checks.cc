#include "modules/limits/recent_checks.h"

#include <algorithm>
#include <deque>
#include <list>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "base/varint.h"

namespace ashlar::limits {
namespace {

// What a record takes beside its text.
constexpr std::size_t kRecordBytes = sizeof(std::string) + 16;

// attributes := (name value)*, each a length and its bytes; before them cost + 1 (0: none) and
// whether it was allowed.
std::string encode(Attributes attributes, std::optional<std::uint64_t> cost, bool allowed,
                   base::Time at) {
  std::size_t size = 24;
  for (const Attribute& each : attributes) size += each.name.size() + each.value.size() + 4;
  std::string out;
  out.reserve(size);
  base::append_varint(out, static_cast<std::uint64_t>(base::to_micros(at)));
  base::append_varint(out, cost ? *cost + 1 : 0);
  base::append_varint(out, allowed ? 1 : 0);
  for (const Attribute& each : attributes) {
    for (const std::string_view text : {each.name, each.value}) {
      base::append_varint(out, text.size());
      out += text;
    }
  }
  return out;
}

std::string take_text(std::string_view& rest) {
  std::uint64_t size = 0;
  base::read_varint(rest, size);
  std::string text(rest.substr(0, size));
  rest.remove_prefix(text.size());
  return text;
}

RecentCheck decode(std::string_view rest) {
  RecentCheck check;
  std::uint64_t micros = 0;
  std::uint64_t cost = 0;
  std::uint64_t allowed = 0;
  base::read_varint(rest, micros);
  base::read_varint(rest, cost);
  base::read_varint(rest, allowed);
  check.at = base::from_micros(static_cast<std::int64_t>(micros));
  if (cost > 0) check.cost = cost - 1;
  check.allowed = allowed != 0;
  while (!rest.empty()) {
    std::string name = take_text(rest);
    check.attributes.emplace_back(std::move(name), take_text(rest));
  }
  return check;
}

}  // namespace

struct RecentChecks::Impl {
  struct Tenant {
    base::TenantId id;
    std::deque<std::string> records;
    std::size_t bytes = 0;
  };

  explicit Impl(std::size_t max) : max_bytes(max) {}

  // REQUIRES of all: mutex is held.
  Tenant& tenant_of(base::TenantId id) {
    const auto known = by_id.find(id);
    if (known == by_id.end()) {
      tenants.push_front({id, {}, 0});
      by_id[id] = tenants.begin();
    } else {
      tenants.splice(tenants.begin(), tenants, known->second);
    }
    return tenants.front();
  }
  void drop_oldest(Tenant& tenant) {
    const std::size_t size = tenant.records.front().capacity() + kRecordBytes;
    tenant.bytes -= size;
    bytes -= size;
    tenant.records.pop_front();
  }
  void keep_bounds(Tenant& tenant) {
    while (tenant.records.size() > kMaxChecks || tenant.bytes > kMaxTenantBytes) {
      drop_oldest(tenant);
    }
    while (bytes > max_bytes && !tenants.empty()) {
      Tenant& last = tenants.back();
      if (!last.records.empty()) drop_oldest(last);
      if (last.records.empty() && tenants.size() > 1) {
        by_id.erase(last.id);
        tenants.pop_back();
      }
    }
  }

  const std::size_t max_bytes;
  mutable std::mutex mutex;   // guards what follows
  std::list<Tenant> tenants;  // who was heard of last is first
  std::unordered_map<base::TenantId, std::list<Tenant>::iterator> by_id;
  std::size_t bytes = 0;
};

RecentChecks::RecentChecks(std::size_t max_bytes) : impl_(std::make_unique<Impl>(max_bytes)) {}
RecentChecks::~RecentChecks() = default;

void RecentChecks::record(base::TenantId tenant, Attributes attributes,
                          std::optional<std::uint64_t> cost, bool allowed, base::Time at) {
  std::string record = encode(attributes, cost, allowed, at);
  const std::size_t size = record.capacity() + kRecordBytes;
  const std::lock_guard lock(impl_->mutex);
  Impl::Tenant& of = impl_->tenant_of(tenant);
  of.records.push_back(std::move(record));
  of.bytes += size;
  impl_->bytes += size;
  impl_->keep_bounds(of);
}

std::vector<RecentCheck> RecentChecks::of(base::TenantId tenant) const {
  std::vector<RecentCheck> checks;
  {
    const std::lock_guard lock(impl_->mutex);
    const auto known = impl_->by_id.find(tenant);
    if (known == impl_->by_id.end()) return checks;
    checks.reserve(known->second->records.size());
    for (const std::string& record : known->second->records) checks.push_back(decode(record));
  }
  std::ranges::stable_sort(checks, {}, &RecentCheck::at);
  return checks;
}

void RecentChecks::forget(base::TenantId tenant) {
  const std::lock_guard lock(impl_->mutex);
  const auto known = impl_->by_id.find(tenant);
  if (known == impl_->by_id.end()) return;
  impl_->bytes -= known->second->bytes;
  impl_->tenants.erase(known->second);
  impl_->by_id.erase(known);
}

std::size_t RecentChecks::bytes() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->bytes;
}

}  // namespace ashlar::limits
