// RlsStats: how often each rule was hit, by ratelimit's words.
//
//   ashlar_limits_rls_hits_total{rule,outcome="total|within|near|over|shadow"}
//   ashlar_limits_rls_errors_total    requests that were refused as malformed
//   ashlar_limits_rls_unknown_domain_total, ashlar_limits_rls_global_shadow_total
//
// `rule` is the rule's path, or what detailed_metric and value_to_metric make of it. Names come
// from requests then: at most kMaxRules have series of their own, the rest is rule="other".
//
// "near": above 80 % of the limit. A request that is over counts whole as over (ratelimit splits
// one that crosses the limit into near and over). Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::limits {

class RlsSeries;  // of one rule

class RlsStats {
 public:
  static constexpr std::size_t kMaxRules = 1000;

  struct Hit {
    std::uint64_t hits = 0;
    std::uint64_t limit = 0;
    std::uint64_t remaining = 0;
    bool over = false;
    bool shadow = false;
  };

  explicit RlsStats(obs::Registry& metrics);
  ~RlsStats();
  RlsStats(const RlsStats&) = delete;
  RlsStats& operator=(const RlsStats&) = delete;

  // Of this name, as long as this lives. A lock and a hash look-up; the first time an allocation.
  RlsSeries& series_of(std::string_view rule);
  static void record(RlsSeries& series, const Hit& hit);

  void count_error();
  void count_unknown_domain();
  void count_global_shadow();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::limits
