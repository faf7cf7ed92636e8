// RlsStats: how often each rule was hit, by ratelimit's words.
//
//   ashlar_limits_rls_hits_total{rule,outcome="total|within|near|over|shadow"}
//   ashlar_limits_rls_errors_total    requests that were refused as malformed
//   ashlar_limits_rls_unknown_domain_total, ashlar_limits_rls_global_shadow_total
//
// `rule` is the rule's path, or what detailed_metric and value_to_metric make of it. Names come
// from requests then: at most kMaxRules have series of their own, the rest is rule="other".
//
// "near": above 80 % of the limit. With Consume::kAllOrNone a refused request counts whole as over,
// since none of it was taken; with kEach hits that were the first beyond the limit count in part as
// near, as in ratelimit. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::limits {

struct RlsRule;

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

  void record(std::string_view rule, const Hit& hit);
  void count_error();
  void count_unknown_domain();
  void count_global_shadow();

 private:
  struct Series;
  Series& series_of(std::string_view rule);

  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::limits
