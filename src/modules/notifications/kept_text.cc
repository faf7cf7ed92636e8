#include "modules/notifications/kept_text.h"

#include <algorithm>

#include "base/text.h"

namespace ashlar::notifications {

std::string kept_text(std::string_view text, std::size_t most) {
  std::string kept(text.substr(0, most));
  for (int i = 0; i < 3 && text.size() > most && !base::is_utf8(kept); ++i) kept.pop_back();
  if (!base::is_utf8(kept)) {
    std::ranges::replace_if(
        kept, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  }
  std::ranges::replace(kept, '\0', '?');
  return kept;
}

}  // namespace ashlar::notifications
