// UpdateList: several updates in one blob, as the log keeps them: each with its length (varint)
// before it.
#pragma once

#include <string>
#include <string_view>

#include "base/varint.h"

namespace ashlar::documents {

inline void append_update(std::string& list, std::string_view update) {
  base::append_varint(list, update.size());
  list += update;
}

// Takes the next off the front of `list`. False: none is left, or what is there is no list.
inline bool take_update(std::string_view& list, std::string_view& update) {
  std::uint64_t bytes = 0;
  if (list.empty() || !base::read_varint(list, bytes) || bytes > list.size()) return false;
  update = list.substr(0, bytes);
  list.remove_prefix(bytes);
  return true;
}

}  // namespace ashlar::documents
