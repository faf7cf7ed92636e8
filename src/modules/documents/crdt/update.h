// What can be done with updates, state vectors and delete sets without a document.
//
// An update (V1, the one of all providers; V2, columns, half the size) is a list of structs by
// client and a delete set. All of it is hostile until read: every function checks every count and
// length against what remains of the input, refuses what is longer than its limits, and costs time
// and memory linear in the input (merge: O(n log k) for k updates), whatever the input says.
//
// Errors: kInvalid with the reasons
//   update_malformed    ends early, a number too large, an unknown tag or ref, bytes left over
//   update_text         text that is no UTF-8
//   update_too_deep     a value nested deeper than kMaxAnyDepth
//   update_too_many     more clients, structs or ranges than kMaxClients… allow
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "modules/documents/crdt/ids.h"

namespace ashlar::crdt {

inline constexpr std::size_t kMaxClients =
    1'000'000;  // in one update; each takes two bytes or more

enum class Format : std::uint8_t { kV1, kV2 };

// Next clock of each client: all before it is there. Ordered by client, descending, as it is
// written.
using StateVector = std::map<ClientId, Clock, std::greater<>>;

struct Range {
  Clock clock = 0;
  Clock length = 0;  // > 0
  friend bool operator==(const Range&, const Range&) = default;
};
// Sorted by clock, not touching each other, by client, descending.
using DeleteSet = std::map<ClientId, std::vector<Range>, std::greater<>>;

// Sorts, joins what touches or overlaps, drops what is empty.
void normalize(std::vector<Range>& ranges);
void normalize(DeleteSet& set);

std::string encode_state_vector(const StateVector& vector);
base::Result<StateVector> decode_state_vector(std::string_view bytes);

std::string encode_delete_set(const DeleteSet& set);  // V1
base::Result<DeleteSet> decode_delete_set(std::string_view bytes);

// What an update is about, from its structs' heads alone. Skips count as absent.
struct UpdateMeta {
  StateVector from;  // the lowest clock of each client
  StateVector to;    // one past the highest
  std::size_t structs = 0;
  std::size_t deleted_ranges = 0;
};
base::Result<UpdateMeta> describe_update(std::string_view update, Format format = Format::kV1);

// Reads all of it, as a document would, and keeps nothing.
base::Status check_update(std::string_view update, Format format = Format::kV1);

// One update that does what all of them do, in any order, with or without gaps (which become Skips)
// and repetitions. A k-way merge: never quadratic. One alone stays as it is.
base::Result<std::string> merge_updates(std::span<const std::string_view> updates,
                                        Format format = Format::kV1);

// What of the update somebody lacks who has `have`; the delete set stays whole.
base::Result<std::string> diff_update(std::string_view update, const StateVector& have,
                                      Format format = Format::kV1);

// What one contiguous state has, counted from 0: gaps end it.
base::Result<StateVector> state_vector_of(std::string_view update, Format format = Format::kV1);

// Refused: V2 with 1,000,000 structs more than bytes (its runs say much in little), clocks beyond
// 2^51 for V2.
base::Result<std::string> to_v1(std::string_view update_v2);
base::Result<std::string> to_v2(std::string_view update_v1);

// Delete set, then state vector (V1): a moment of a document that keeps what was deleted.
struct Snapshot {
  DeleteSet deleted;
  StateVector state;
  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};
std::string encode_snapshot(const Snapshot& snapshot);
base::Result<Snapshot> decode_snapshot(std::string_view bytes);

}  // namespace ashlar::crdt
