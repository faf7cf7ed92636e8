#include "kit/siphash.h"

#include "kit/siphash_core.h"

namespace ashlar::kit {

std::uint64_t siphash(const SipKey& key, std::string_view bytes) {
  SipState state(key);
  state.absorb_end(bytes, bytes.size());
  state.v2 ^= 0xff;
  return state.squeeze();
}

}  // namespace ashlar::kit
