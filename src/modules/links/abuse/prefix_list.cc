#include "modules/links/abuse/prefix_list.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "platform/security/digest.h"

namespace ashlar::links::abuse {
namespace {

base::Error corrupt(const char* what) {
  return base::fail(base::Code::kUnavailable, "threat_list_corrupt", what);
}

// REQUIRES: `removed` is sorted.
std::vector<std::string> without(std::vector<std::string> prefixes,
                                 const std::vector<std::int64_t>& removed) {
  std::vector<std::string> left;
  left.reserve(prefixes.size());
  auto next = removed.begin();
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    while (next != removed.end() && *next < static_cast<std::int64_t>(i)) ++next;
    if (next != removed.end() && *next == static_cast<std::int64_t>(i)) continue;
    left.push_back(std::move(prefixes[i]));
  }
  return left;
}

}  // namespace

base::Status PrefixList::apply(const ListUpdate& update) {
  std::vector<std::string> prefixes;
  if (!update.full) {
    prefixes.reserve(size_);
    for (const auto& [bytes, all] : by_size_) {
      for (std::size_t at = 0; at < all.size(); at += bytes) {
        prefixes.push_back(all.substr(at, bytes));
      }
    }
    std::ranges::sort(prefixes);
    std::vector<std::int64_t> removed = update.removed;
    std::ranges::sort(removed);
    prefixes = without(std::move(prefixes), removed);
  }
  if (prefixes.size() + update.added.size() > kMaxPrefixes) {
    return corrupt("A list of unsafe pages is too long to be kept in memory.");
  }
  prefixes.insert(prefixes.end(), update.added.begin(), update.added.end());
  std::ranges::sort(prefixes);
  std::string sorted;
  for (const std::string& prefix : prefixes) sorted += prefix;
  if (security::sha256(sorted) != update.checksum) {
    return corrupt("A list of unsafe pages is not what its checksum says.");
  }
  by_size_.clear();
  for (const std::string& prefix : prefixes) by_size_[prefix.size()] += prefix;
  size_ = prefixes.size();
  state_ = update.state;
  loaded_ = true;
  return base::ok_status();
}

bool PrefixList::may_hold(std::string_view hash) const {
  for (const auto& [bytes, all] : by_size_) {
    const std::string_view wanted = hash.substr(0, bytes);
    std::size_t low = 0;
    std::size_t high = all.size() / bytes;
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      const int order = std::string_view(all).substr(middle * bytes, bytes).compare(wanted);
      if (order == 0) return true;
      order < 0 ? low = middle + 1 : high = middle;
    }
  }
  return false;
}

}  // namespace ashlar::links::abuse
