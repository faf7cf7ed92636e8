// RecentChecks: what was asked lately, for dry runs: of each tenant the last kMaxChecks checks,
// with their attributes, cost, time and answer.
//
// Bounded: kMaxTenantBytes of a tenant, `max_bytes` of all; the oldest go, of the tenant that is
// not heard of for longest. Memory only: a restart begins anew, each instance has its own.
// Thread-safe: one lock, for as long as it takes to append; of() holds it while it copies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/strong_id.h"
#include "base/time.h"
#include "modules/limits/attributes.h"

namespace ashlar::limits {

struct RecentCheck {
  base::Time at;
  std::optional<std::uint64_t> cost;
  bool allowed = true;
  std::vector<std::pair<std::string, std::string>> attributes;
};

class RecentChecks {
 public:
  static constexpr std::size_t kMaxChecks = 10'000;
  static constexpr std::size_t kMaxTenantBytes = std::size_t{4} << 20;

  explicit RecentChecks(std::size_t max_bytes = std::size_t{64} << 20);
  ~RecentChecks();
  RecentChecks(const RecentChecks&) = delete;
  RecentChecks& operator=(const RecentChecks&) = delete;

  void record(base::TenantId tenant, Attributes attributes, std::optional<std::uint64_t> cost,
              bool allowed, base::Time at);
  // By time.
  [[nodiscard]] std::vector<RecentCheck> of(base::TenantId tenant) const;
  void forget(base::TenantId tenant);
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::limits
