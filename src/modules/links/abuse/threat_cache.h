// ThreatCache: what a list has said of prefixes of hashes, for as long as it allows.
//
// Of a prefix without hits that is kept too. At most kMaxPrefixes; beyond it the one that was put
// first goes. A mutex, held for a probe; any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "modules/links/abuse/threat_wire.h"

namespace ashlar::links::abuse {

class ThreatCache {
 public:
  static constexpr std::size_t kMaxPrefixes = 200'000;

  // The threats of that hash; nullopt: what is known of its prefix is too old, or nothing.
  [[nodiscard]] std::optional<std::vector<std::string>> find(std::string_view hash,
                                                             base::Mono now) const;
  // What was asked for, and its answer.
  void put(const std::vector<std::string>& prefixes, const HashAnswer& answer, base::Mono now);

  [[nodiscard]] std::size_t size() const;

 private:
  struct Hit {
    std::string hash;
    std::string type;
    base::Mono until{};
  };
  struct Entry {
    base::Mono until{};  // that there are no others
    std::vector<Hit> hits;
  };

  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, Entry> entries_;
  std::deque<std::string> order_;  // each of entries_ once, as they came
};

}  // namespace ashlar::links::abuse
