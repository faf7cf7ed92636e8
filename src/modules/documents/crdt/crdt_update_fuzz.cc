// Any bytes as an update (V1 or V2, by the first byte), a state vector, a snapshot: an error, or
// what can be written, converted and merged, and says the same afterwards.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "modules/documents/crdt/update.h"

namespace {

namespace crdt = ashlar::crdt;
using crdt::Format;

void try_update(std::string_view bytes, Format format) {
  const bool sound = crdt::check_update(bytes, format).ok();
  const std::array<std::string_view, 2> twice{bytes, bytes};
  const auto merged = crdt::merge_updates(twice, format);
  const auto state = crdt::state_vector_of(bytes, format);
  const auto meta = crdt::describe_update(bytes, format);
  CHECK(sound == merged.ok() && sound == state.ok() && sound == meta.ok());
  const auto rest = crdt::diff_update(bytes, state.ok() ? *state : crdt::StateVector(), format);
  CHECK(sound == rest.ok());
  if (!sound) return;
  CHECK(crdt::check_update(*rest, format).ok());
  const std::array<std::string_view, 2> again{*merged, bytes};
  CHECK(crdt::merge_updates(again, format).value() == *merged);
  CHECK(crdt::describe_update(*merged, format)->to == meta->to);
  const auto other = format == Format::kV1 ? crdt::to_v2(*merged) : crdt::to_v1(*merged);
  if (!other.ok()) return;  // clocks that V2 cannot say
  const auto back = format == Format::kV1 ? crdt::to_v1(*other) : crdt::to_v2(*other);
  if (!back.ok()) return;  // more structs than V2 may say in so few bytes
  const auto once_more = format == Format::kV1 ? crdt::to_v2(*back) : crdt::to_v1(*back);
  CHECK(once_more.ok() && *once_more == *other);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      try_update(bytes, Format::kV1);
      break;
    case 1:
      try_update(bytes, Format::kV2);
      break;
    case 2:
      if (const auto vector = crdt::decode_state_vector(bytes); vector.ok()) {
        const std::string written = crdt::encode_state_vector(*vector);
        CHECK(crdt::decode_state_vector(written).value() == *vector);
      }
      break;
    default:
      if (const auto snapshot = crdt::decode_snapshot(bytes); snapshot.ok()) {
        const std::string written = crdt::encode_snapshot(*snapshot);
        CHECK(crdt::decode_snapshot(written).value() == *snapshot);
      }
  }
  return 0;
}
