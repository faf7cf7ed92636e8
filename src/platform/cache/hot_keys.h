// Hot keys: what was asked for most lately, written at a clean stop and loaded after the start, so
// that a restart does not send everybody to the database at once.
//
//   stop:  save_hot_keys(file, keys)          keys only: a value may have changed by the next start
//   start: WarmUp warm(load_hot_keys(file), load);  warm.step(n) every so often
//
// Each key goes through `load`, which asks the source as any reader does: what comes back is what
// is true then. The rate is the caller's: n keys a step. One whose load fails is left out.
// The file is read with suspicion: checksum, bounds; what is wrong with it counts as no file.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ashlar::cache {

inline constexpr std::size_t kMaxHotKeys = 100'000;
inline constexpr std::size_t kMaxHotKeyBytes = 512;

// The bytes of the file, and back; at most kMaxHotKeys, none longer than kMaxHotKeyBytes.
std::string encode_hot_keys(const std::vector<std::string>& keys);
std::vector<std::string> decode_hot_keys(std::string_view bytes);

// Written whole or not at all (renamed into place). Error: kUnavailable cache_file.
base::Status save_hot_keys(const std::string& path, const std::vector<std::string>& keys);
// Empty where there is none. Removes the file: it is good for one start.
std::vector<std::string> take_hot_keys(const std::string& path);

// Not thread-safe.
class WarmUp {
 public:
  WarmUp(std::vector<std::string> keys, std::function<void(const std::string&)> load)
      : keys_(std::move(keys)), load_(std::move(load)) {}

  // Loads up to n; false when there is nothing left.
  bool step(std::size_t n) {
    for (; n > 0 && next_ < keys_.size(); --n) load_(keys_[next_++]);
    if (next_ < keys_.size()) return true;
    keys_.clear();
    next_ = 0;
    return false;
  }

 private:
  std::vector<std::string> keys_;
  std::size_t next_ = 0;
  const std::function<void(const std::string&)> load_;
};

}  // namespace ashlar::cache
