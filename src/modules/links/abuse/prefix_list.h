// PrefixList: version 4's list of one threat, as prefixes of hashes in memory. A value; not
// thread-safe.
//
// Sorted, each once, of 4 to 32 bytes. What is not in it is on no list; what is may be, and the
// service says so. At most kMaxPrefixes: a list that would be longer is refused whole.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/links/abuse/threat_wire.h"

namespace ashlar::links::abuse {

class PrefixList {
 public:
  static constexpr std::size_t kMaxPrefixes = 4'000'000;

  // kUnavailable threat_list_corrupt: it would not be what its checksum says; it is as before, and
  // whoever asks next asks for all of it.
  base::Status apply(const ListUpdate& update);

  [[nodiscard]] bool may_hold(std::string_view hash) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool is_loaded() const { return loaded_; }
  [[nodiscard]] const std::string& state() const { return state_; }
  void forget_state() { state_.clear(); }

 private:
  std::map<std::size_t, std::string> by_size_;  // prefixes of this many bytes, one after the other
  std::size_t size_ = 0;
  bool loaded_ = false;
  std::string state_;
};

}  // namespace ashlar::links::abuse
