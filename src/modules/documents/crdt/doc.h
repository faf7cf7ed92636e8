// Doc: one Yjs document in memory: takes updates in any order, any number of times, from anybody,
// and is the same at the end as every other program's document that took the same ones.
//
// Algorithm: YATA (docs/crdt.md). Lengths and indices are in UTF-16 code units, as everywhere in
// this format. Pure: no clock, no I/O, no threads; one thread at a time.
//
// Promises
//  1. apply() of the same set of updates, in any order, with repetitions, gives equal text, JSON,
//     state vector and delete set, and equal bytes of encode() where the format leaves no choice.
//  2. An update that is refused has changed nothing: it is read and checked whole before anything
//     is integrated.
//  3. What cannot be integrated yet (a gap in a client's clocks, an unknown neighbour) waits inside
//     and is part of encode(): nothing is lost by storing or sending that. What waited for a place
//     that turns out to lie too deep is dropped, with what its client inserted after it.
//  4. The cost of an update is bounded: reading is linear; finding places among conflicting
//     insertions takes at most `limits.conflict_steps`, else the update is refused (promise 2
//     holds: the budget is spent before the first change is visible, or the change is undone).
//  5. With `gc` what is deleted keeps no content; without, snapshots can be restored.
//
// Errors of apply(): those of update.h (update_malformed also for an item that names what its own
// client inserted later; update_too_deep also for types, limits.type_depth), and kInvalid
// update_too_costly (limits.conflict_steps), document_too_large (limits.bytes, or a client's clock
// beyond 32 bits), update_pending_too_large (limits.pending_bytes).
//
// What waits is integrated within a budget of its own, as much as one update has: where that ends
// the rest goes on waiting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/documents/crdt/any.h"
#include "modules/documents/crdt/update.h"

namespace ashlar::crdt {

struct DocLimits {
  std::size_t bytes = 256u << 20;             // resident(), after an update
  std::size_t pending_bytes = 16u << 20;      // of updates that wait
  std::uint64_t conflict_steps = 20'000'000;  // of one update
  std::uint32_t type_depth = 200;             // types within types
  bool drop_too_deep = false;                 // deeper types are left out, else all is refused

  // Of what was accepted once, and is durable: each update by itself; as one snapshot it may cost
  // more, and a setting may have been lowered since. It must be readable all the same.
  [[nodiscard]] static DocLimits of_stored() {
    return {.bytes = SIZE_MAX,
            .pending_bytes = SIZE_MAX,
            .conflict_steps = UINT64_MAX,
            .drop_too_deep = true};
  }
};

// Root types carry no type on the wire: whoever reads one says what it is.
enum class RootKind : std::uint8_t { kText, kArray, kMap, kXmlFragment, kXmlText };

struct Changes {
  std::string json;  // changes.h
  bool truncated = false;
};

// Units that one client inserted, where they stand now.
struct Placed {
  std::string path;                // JSON: from the root to the type they are in
  std::optional<std::string> key;  // the value under it; else `length` units of the list
  std::uint64_t index = 0;
  std::uint64_t length = 0;
  Id id;  // of the first
};

class Doc {
 public:
  struct Options {
    ClientId client = 0;  // of edits made here; 0: none are made
    bool gc = true;
    DocLimits limits{};
  };
  explicit Doc(Options options);
  ~Doc();
  Doc(Doc&&) noexcept;
  Doc& operator=(Doc&&) noexcept;

  // From now on; but for type_depth, which stays.
  void set_limits(const DocLimits& limits);

  // What an update did.
  struct Applied {
    bool changed = false;   // something was integrated or deleted that was not before
    bool complete = false;  // all of it was new and integrated: what was given is what changed
    bool pending = false;   // something of it waits now
    // V1, what changed, where `changed && !complete`; else empty (nothing, or what was given).
    std::string change;
  };
  base::Result<Applied> apply(std::string_view update, Format format = Format::kV1);

  // All of it, what waits included.
  [[nodiscard]] std::string encode(Format format = Format::kV1) const;
  // What somebody lacks who has `have`: structs from there, the whole delete set.
  [[nodiscard]] std::string encode_since(const StateVector& have,
                                         Format format = Format::kV1) const;
  [[nodiscard]] StateVector state_vector() const;
  [[nodiscard]] DeleteSet delete_set() const;
  [[nodiscard]] bool has_pending() const;
  // What has to come before any of what waits can go in: of each client, up to which clock.
  [[nodiscard]] StateVector missing() const;

  // Views. A root that nobody has written to reads as empty.
  [[nodiscard]] std::vector<std::string> roots() const;         // sorted
  [[nodiscard]] std::string text(std::string_view root) const;  // UTF-8; of XML, the markup
  // As Y.Doc's toJSON gives it, rendered (keys in yjs' order).
  [[nodiscard]] std::string json(std::string_view root, RootKind kind) const;
  // A text with its formats and embeds, as a Quill delta: [{"insert":…,"attributes":{…}}].
  [[nodiscard]] std::string delta(std::string_view root) const;

  // XML or a text as Markdown (markdown_view.h).
  [[nodiscard]] std::string markdown(std::string_view root) const;
  // What makes of a root what it is in `to`. kInvalid comparison_too_costly
  [[nodiscard]] base::Result<Changes> changes_to(const Doc& to, std::string_view root,
                                                 std::size_t max_bytes) const;

  // What is visible of a root, types in it included, in the document's order; at most `most`.
  [[nodiscard]] std::vector<Placed> placed(std::string_view root, std::size_t most) const;

  // Edits made here, each as one update (V1) for everybody else; where nothing changes, one of
  // nothing. Text without attributes takes those of the text before it. kInvalid edit_out_of_range,
  // edit_wrong_type (what lies under `root` is of another kind), update_text, document_too_large.
  // REQUIRES: options.client is not 0, and nobody else's.
  base::Result<std::string> insert_text(std::string_view root, std::uint64_t index,
                                        std::string_view text, const Object& attributes = {});
  base::Result<std::string> format_text(std::string_view root, std::uint64_t index,
                                        std::uint64_t length, const Object& attributes);
  // Of texts, arrays and XML fragments.
  base::Result<std::string> remove(std::string_view root, std::uint64_t index,
                                   std::uint64_t length);
  base::Result<std::string> set_key(std::string_view root, std::string_view key, Any value);
  base::Result<std::string> remove_key(std::string_view root, std::string_view key);
  base::Result<std::string> insert_values(std::string_view root, std::uint64_t index,
                                          std::vector<Any> values);
  [[nodiscard]] std::uint64_t length(std::string_view root) const;
  // An edit as well: after it every root reads as it does in `then`, another state of this document
  // (or any document). What is in both stays; restore.h. kInvalid comparison_too_costly,
  // document_too_large. A map's keys may stand in another order.
  base::Result<std::string> restore(const Doc& then);

  // Snapshots, for documents without gc.
  [[nodiscard]] Snapshot snapshot() const;
  // The document as it was then, alone. kConflict snapshot_collected where gc has run over it;
  // kInvalid snapshot_unknown where it is of another document, or of this one's future.
  [[nodiscard]] base::Result<Doc> at(const Snapshot& then) const;

  // A place that stays where it is while others edit (Yjs' relative position, encoded).
  [[nodiscard]] base::Result<std::string> relative_position(std::string_view root,
                                                            std::uint64_t index,
                                                            int assoc = 0) const;
  // None: its neighbour is not here, or was collected with what it was in. kInvalid
  // position_malformed
  [[nodiscard]] base::Result<std::optional<std::uint64_t>> absolute_position(
      std::string_view relative) const;

  struct Size {
    std::size_t structs = 0;
    std::size_t clients = 0;
    std::size_t bytes = 0;  // resident, within a tenth
    std::size_t pending_bytes = 0;
  };
  [[nodiscard]] Size size() const;

 private:
  class Store;
  std::unique_ptr<Store> store_;
};

}  // namespace ashlar::crdt
