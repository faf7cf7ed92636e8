#include "modules/links/variant_draw.h"

#include <string>

namespace ashlar::links {
namespace {

constexpr std::int64_t kMicrosOfDay = std::int64_t{24} * 3600 * 1'000'000;

}  // namespace

std::uint64_t variant_draw(const kit::SipKey& key, LinkId link, std::string_view address,
                           std::string_view user_agent, base::Time now) {
  std::string text = std::to_string(base::to_micros(now) / kMicrosOfDay);
  text += ' ';
  text += std::to_string(link.value);
  text += ' ';
  text += address;
  text += ' ';
  text += user_agent;
  return kit::siphash(key, text);
}

}  // namespace ashlar::links
