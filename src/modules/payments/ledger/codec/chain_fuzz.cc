// Any bytes as a batch: no crash; what is read has one form.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "modules/payments/ledger/codec/chain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto batch = ashlar::ledger::decode(bytes);
  if (batch) CHECK(ashlar::ledger::encode(*batch) == bytes);
  return 0;
}
