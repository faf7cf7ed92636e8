#include "modules/links/link_ref.h"

#include <algorithm>

#include "base/check.h"

namespace ashlar::links {

std::string link_key(LinkRef ref) {
  std::string key;
  if (!ref.host.empty()) {
    key.reserve(ref.host.size() + 1 + ref.code.size());
    key += ref.host;
    key += '/';
  }
  key += ref.code;
  return key;
}

std::string_view link_key(LinkRef ref, LinkKeyBuffer& buffer) {
  CHECK(ref.host.size() + 1 + ref.code.size() <= buffer.size());
  char* end = std::ranges::copy(ref.host, buffer.data()).out;
  if (!ref.host.empty()) *end++ = '/';
  end = std::ranges::copy(ref.code, end).out;
  return {buffer.data(), end};
}

LinkRef ref_of_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return {.host = {}, .code = key};
  return {.host = key.substr(0, slash), .code = key.substr(slash + 1)};
}

}  // namespace ashlar::links
